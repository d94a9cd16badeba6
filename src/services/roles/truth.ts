/** Three-valued logic in which what is unknown stays unknown, whatever stands beside it. */

/** Unknown is `undefined`: something that a condition reads is missing, or is of another type. */
export type Truth = boolean | undefined

export const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth)

/** Whether one is true at least; unknown as soon as one is unknown. */
export function some<T>(items: readonly T[], judge: (item: T) => Truth): Truth {
  let found = false
  for (const item of items) {
    const truth = judge(item)
    if (truth === undefined) return undefined
    found ||= truth
  }
  return found
}

/** Whether all are true; unknown as soon as one is unknown. */
export function every<T>(items: readonly T[], judge: (item: T) => Truth): Truth {
  let held = true
  for (const item of items) {
    const truth = judge(item)
    if (truth === undefined) return undefined
    held &&= truth
  }
  return held
}
