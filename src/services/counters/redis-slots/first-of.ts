/** The first few of many. */

export function firstOf<T>(items: Iterable<T>, count: number): readonly T[] {
  const taken: T[] = []
  if (count <= 0) return taken
  for (const item of items) {
    taken.push(item)
    if (taken.length === count) break
  }
  return taken
}
