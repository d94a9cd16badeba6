/** Memory for entries of any length, in pages of small chunks that are all alike: what one entry gives back fits every other. */

const chunkWords = 12
const pageBits = 12
const mask = 2 ** pageBits - 1

/** Chunks are numbers from 1. The first word of each is the number of the one that continues it, 0 for none. */
export class Chunks {
  /** Pages are added, never copied: growing costs the same at any size. */
  readonly #pages = [newPage()]
  /** The first of those that were given back, each continued by the next. */
  #free = 0
  #last = 0

  read(chunk: number, word: number): number {
    return this.#page(chunk)[this.#begin(chunk) + word] ?? 0
  }

  write(chunk: number, word: number, value: number): void {
    this.#page(chunk)[this.#begin(chunk) + word] = value
  }

  /** Writes so many words from a word of the chunk on, and into as many more chunks as they need. */
  fill(chunk: number, word: number, words: Int32Array, count: number): void {
    let into = chunk
    let at = word
    for (let i = 0; i < count; i++, at++) {
      if (at === chunkWords) {
        into = this.#continue(into)
        at = 1
      }
      this.write(into, at, words[i] ?? 0)
    }
  }

  /** Whether `fill` wrote these. */
  equal(chunk: number, word: number, words: Int32Array, count: number): boolean {
    let page = this.#page(chunk)
    let begin = this.#begin(chunk)
    let at = begin + word
    for (let i = 0; i < count; i++, at++) {
      if (at === begin + chunkWords) {
        const next = page[begin] ?? 0
        page = this.#page(next)
        begin = this.#begin(next)
        at = begin + 1
      }
      if (page[at] !== words[i]) return false
    }
    return true
  }

  /** A chunk that is not continued. */
  add(): number {
    const chunk = this.#free === 0 ? this.#make() : this.#free
    if (chunk === this.#free) this.#free = this.read(chunk, 0)
    this.write(chunk, 0, 0)
    return chunk
  }

  /** Gives back a chunk and all that continue it. */
  release(chunk: number): void {
    let last = chunk
    for (let next = this.read(last, 0); next !== 0; next = this.read(last, 0)) last = next
    this.write(last, 0, this.#free)
    this.#free = chunk
  }

  #continue(chunk: number): number {
    const next = this.add()
    this.write(chunk, 0, next)
    return next
  }

  #make(): number {
    this.#last++
    if (this.#last >>> pageBits === this.#pages.length) this.#pages.push(newPage())
    return this.#last
  }

  #page(chunk: number): Int32Array {
    return this.#pages[chunk >>> pageBits] ?? nothing
  }

  /** Where in its page a chunk begins. */
  #begin(chunk: number): number {
    return (chunk & mask) * chunkWords
  }
}

const newPage = (): Int32Array => new Int32Array(chunkWords << pageBits)
const nothing = new Int32Array(0)
