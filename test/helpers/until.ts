/** Waits for what no event tells of. */

/** Resolves in the first turn of the event loop in which it holds; the test's own timeout ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((turn) => setTimeout(turn, 1))
}
