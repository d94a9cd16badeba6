/** One key at a time as words, so that it can be hashed, stored and compared without a string. */

import { createHash } from 'node:crypto'

const longest = 128
/** Bytes of a word. */
const width = 4
/** In the first word, above the owner's number: how the key is written. The owner has the other 23 bits. */
const ownerShift = 9
const wideForm = longest
const digestForm = 2 * longest + 1

/**
 * The first word names the owner and the form, which tells the length: ASCII as it is, other keys as their code units, more
 * than 128 of these as the SHA-256 of all. No two keys are written alike, halves of surrogate pairs included.
 */
export class KeyWords {
  readonly words = new Int32Array(1 + (2 * longest) / width)
  readonly #bytes = new Uint8Array(this.words.buffer, width)
  readonly #units = new Uint16Array(this.words.buffer, width)
  readonly #text = Buffer.from(this.words.buffer, width)
  #count = 0

  /** How many words the key has. */
  get count(): number {
    return this.#count
  }

  write(owner: number, key: string): void {
    const { length } = key
    if (length > longest) this.#end(owner, digestForm, this.#writeDigest(key))
    // Only ASCII is as many bytes of UTF-8 as it has code units.
    else if (this.#text.write(key) === length) this.#end(owner, length, length)
    else this.#end(owner, wideForm + length, this.#writeUnits(key))
  }

  #writeUnits(key: string): number {
    for (let i = 0; i < key.length; i++) this.#units[i] = key.charCodeAt(i)
    return key.length * 2
  }

  #writeDigest(key: string): number {
    const digest = createHash('sha256').update(key, 'utf16le').digest()
    this.#bytes.set(digest)
    return digest.length
  }

  #end(owner: number, form: number, bytes: number): void {
    this.words[0] = (owner << ownerShift) | form
    for (let i = bytes; i % width !== 0; i++) this.#bytes[i] = 0
    this.#count = 1 + Math.ceil(bytes / width)
  }
}
