/** Finds many byte strings at once, in one look at every byte. */

export interface Found {
  /** What is looked for, as it was named. */
  readonly name: string
  readonly at: number
}

interface Needle {
  readonly name: string
  readonly bytes: Buffer
}

/** How many bytes are looked at together: what begins as no needle does is passed over. */
const beginning = 8
const hashBits = 24

export class Finder {
  /** One bit for each hash of a beginning. */
  readonly #begins = new Uint8Array(2 ** hashBits / 8)
  readonly #needles = new Map<number, Needle[]>()
  /** Of the longest needle. */
  longest = beginning

  add(name: string, bytes: Buffer): void {
    if (bytes.length < beginning) throw new Error(`${name} is too short to be looked for`)
    const hash = hashOf(bytes.readInt32BE(0), bytes.readInt32BE(4))
    const same = this.#needles.get(hash) ?? []
    if (same.some((needle) => needle.bytes.equals(bytes))) return
    same.push({ name, bytes })
    this.#needles.set(hash, same)
    this.#begins[hash >> 3] = (this.#begins[hash >> 3] as number) | (1 << (hash & 7))
    this.longest = Math.max(this.longest, bytes.length)
  }

  find(bytes: Buffer): readonly Found[] {
    const found: Found[] = []
    const begins = this.#begins
    let [first, second] = [0, 0]
    for (let end = 0; end < bytes.length; end++) {
      first = (first << 8) | (second >>> 24)
      second = (second << 8) | (bytes[end] as number)
      const hash = hashOf(first, second)
      if (((begins[hash >> 3] as number) >> (hash & 7)) & 1)
        this.#compare(bytes, { hash, at: end + 1 - beginning, found })
    }
    return found
  }

  #compare(
    bytes: Buffer,
    { hash, at, found }: { readonly hash: number; readonly at: number; readonly found: Found[] },
  ) {
    for (const { name, bytes: wanted } of this.#needles.get(hash) ?? []) {
      const end = at + wanted.length
      if (at >= 0 && end <= bytes.length && wanted.compare(bytes, at, end) === 0) found.push({ name, at })
    }
  }
}

/** Of eight bytes, as two whole numbers; the multipliers are primes without a pattern (xxHash). */
const hashOf = (first: number, second: number): number =>
  Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca77) >>> (32 - hashBits)
