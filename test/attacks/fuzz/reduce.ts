/** Makes a failing sample small: whatever can be taken out while it still fails, is. */

type Members = Readonly<Record<string, unknown>>
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null

/** Shorter texts are names. */
const longest = 40

/** The value with one thing less, in every way, larger things first. */
export function* smaller(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    if (value.length > 3) yield* [value.slice(value.length >> 1), value.slice(0, value.length >> 1)]
    for (const index of value.keys()) yield value.toSpliced(index, 1)
    for (const [index, item] of value.entries()) for (const less of smaller(item)) yield value.with(index, less)
  } else if (isMembers(value)) {
    const entries = Object.entries(value)
    for (const [name] of entries) yield Object.fromEntries(entries.filter(([other]) => other !== name))
    for (const [name, inner] of entries) for (const less of smaller(inner)) yield { ...value, [name]: less }
  } else if (typeof value === 'string' && value.length > longest) {
    for (let size = value.length >> 1; size > 0; size >>= 1)
      for (let at = 0; at < value.length; at += size) yield value.slice(0, at) + value.slice(at + size)
  } else if (typeof value === 'number' && value > 0) yield 0
}

export interface Reducing {
  /** Milliseconds after which what was reached is good enough. */
  readonly patience: number
}

/** The smallest that was found for which `fails` still holds; what makes it throw is no sample. */
export async function reduce<T>(sample: T, fails: (sample: T) => Promise<boolean>, { patience }: Reducing): Promise<T> {
  const ends = performance.now() + patience
  let best = sample
  for (let [start, found] = [0, true]; found || start > 0; ) {
    found = false
    let at = 0
    for (const less of smaller(best)) {
      if (performance.now() > ends) return best
      if (at++ < start || !(await fails(less as T).catch(() => false))) continue
      best = less as T
      found = true
      break
    }
    // What was tried before this place did not help the larger sample: it is tried again only at the end.
    start = found ? at - 1 : 0
  }
  return best
}
