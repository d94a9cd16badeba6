/** Timers, so that tests can run them ahead. */

/** Runs something later; what it returns takes that back. */
export type Later = (run: () => void, milliseconds: number) => () => void

/** A timer that keeps no process alive. */
export const unhurried: Later = (run, milliseconds) => {
  const timer = setTimeout(run, milliseconds).unref()
  return () => clearTimeout(timer)
}
