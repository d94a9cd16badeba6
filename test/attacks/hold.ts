/** Runs a property over many samples, and says in a line how to repeat the one that broke it. */

import fc from 'fast-check'

/** Each sample is a batch, which says itself what of it failed: it is not printed, and not shrunk. */
export async function hold<T>(
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  work: (sample: T) => Promise<void>,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, work)
  const { failed, seed, counterexamplePath, errorInstance } = await fc.check(property, { numRuns, endOnFailure: true })
  if (!failed) return
  const said = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  throw new Error(`seed ${seed}, path ${counterexamplePath}: ${said}`, { cause: errorInstance })
}
