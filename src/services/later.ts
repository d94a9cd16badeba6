/** Timers, so that tests can run them ahead. */

/** Runs something later; what it returns takes that back. */
export type Later = (run: () => void, milliseconds: number) => () => void

/** A timer that keeps no process alive. */
export const unhurried: Later = (run, milliseconds) => {
  const timer = setTimeout(run, milliseconds).unref()
  return () => clearTimeout(timer)
}

/** Waits for something, so long and no longer; the process stays alive meanwhile. */
export async function atMost(milliseconds: number, done: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([done, promise])
  clearTimeout(timer)
}
