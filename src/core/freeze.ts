/** Freezes a value all the way down: it is shared by every request that shows the same credential. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
