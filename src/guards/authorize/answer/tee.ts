/** Hands a body on as it comes, and looks at the whole of it once it is there. */

import { pipeline, type Readable, Transform } from 'node:stream'

/** Is told the bytes of a body, or nothing where there were more than are kept. */
type Tell = (bytes: Buffer | undefined) => Promise<void>

/** The body in place of the one that is read; its last word waits for `tell`, which must not reject. */
export function tee(body: Readable, most: number, tell: Tell): Readable {
  const kept = new Kept(most)
  const copy = new Transform({
    // What is no bytes goes on as well: who sends it knows how to end that, and here nobody could catch it.
    objectMode: true,
    transform(chunk: unknown, _encoding, done) {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) kept.add(Buffer.from(chunk as string))
      done(null, chunk)
    },
    flush(done) {
      tell(kept.bytes).then(() => done(), done)
    },
  })
  pipeline(body, copy, () => {})
  return copy
}

class Kept {
  readonly #most: number
  #chunks: Buffer[] = []
  #length = 0

  constructor(most: number) {
    this.#most = most
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length <= this.#most) this.#chunks.push(chunk)
    else this.#chunks = []
  }

  get bytes(): Buffer | undefined {
    return this.#length > this.#most ? undefined : Buffer.concat(this.#chunks)
  }
}
