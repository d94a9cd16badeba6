/** Tries samples until one fails or time is over, and makes that one small. */

import fc from 'fast-check'
import { inParallel } from '../raw-request.ts'
import { reduce } from './reduce.ts'

export interface Target<T> {
  readonly samples: fc.Arbitrary<T>
  /** What is wrong with a sample, in words. */
  attempt(sample: T): Promise<string | undefined>
  /** How many are tried at the same time. */
  readonly width: number
  /** What of a fault tells it from others: a sample is made smaller as long as this stays. */
  kindOf(fault: string): string
}

export interface Budget {
  readonly seed: number
  /** Milliseconds. */
  readonly time: number
  /** No more samples than this. */
  readonly most?: number
}

export interface Finding<T> {
  readonly seed: number
  readonly sample: T
  readonly fault: string
}

export interface Searched<T> {
  readonly tried: number
  readonly finding: Finding<T> | undefined
}

/** Each batch has a seed of its own, so that the search can be taken up anywhere. */
export async function search<T>(target: Target<T>, { seed, time, most = Infinity }: Budget): Promise<Searched<T>> {
  const ends = performance.now() + time
  let tried = 0
  for (let own = seed; tried < most && performance.now() < ends; own++) {
    const batch = fc.sample(target.samples, { seed: own, numRuns: 10 * target.width })
    const findings: Finding<T>[] = []
    await inParallel(batch, target.width, async (sample) => {
      if (findings.length > 0 || tried >= most || performance.now() > ends) return
      tried++
      const fault = await target.attempt(sample)
      if (fault !== undefined) findings.push({ seed: own, sample, fault })
    })
    const [finding] = findings
    if (finding !== undefined) return { tried, finding: await describe(target, finding) }
  }
  return { tried, finding: undefined }
}

async function describe<T>(target: Target<T>, { seed, sample, fault }: Finding<T>): Promise<Finding<T>> {
  const kind = target.kindOf(fault)
  const fails = async (less: T) => {
    const other = await target.attempt(less)
    return other !== undefined && target.kindOf(other) === kind
  }
  const small = await reduce(sample, fails, { patience: 30_000 })
  return { seed, sample: small, fault: (await target.attempt(small)) ?? fault }
}
