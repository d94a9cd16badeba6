/** Which names stood in which line: some 32 bytes each, so that millions of them fit. */

import { hash } from 'node:crypto'

/** Of a slot: 96 bits of the name's digest, and its line. */
const words = 4
const lineWord = 3

export class Seen {
  #slots = new Uint32Array(1_024 * words)
  #size = 0

  /** The line in which it stood before; notes it where there is none. */
  note(name: string, line: number): number | undefined {
    if (this.#size * 2 * words >= this.#slots.length) this.#grow()
    const digest = hash('sha256', name, 'buffer')
    const entry = [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), line]
    const at = this.#find(entry)
    const known = this.#slots[at + lineWord]
    if (known !== 0) return known
    this.#slots.set(entry, at)
    this.#size++
    return undefined
  }

  /** Where it stands, or is to stand: a slot of which the line is 0 is free. */
  #find(entry: ArrayLike<number>): number {
    const slots = this.#slots
    for (let at = ((entry[0] ?? 0) * words) % slots.length; ; at = (at + words) % slots.length) {
      if (slots[at + lineWord] === 0) return at
      if (slots[at] === entry[0] && slots[at + 1] === entry[1] && slots[at + 2] === entry[2]) return at
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += words)
      if (old[at + lineWord] !== 0)
        this.#slots.set(old.subarray(at, at + words), this.#find(old.subarray(at, at + words)))
  }
}
