/** The one lazy reader of a request's body: whoever needs the bytes asks here, and they are read once. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Denial, deny } from './denial.ts'

export class Body {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  #reading: Promise<Buffer | Denial> | undefined
  /** The sanitised bytes, where a transform or a default changed the original. */
  replaced: Buffer | undefined
  /** The most bytes that a destination takes from the stream. */
  limit = Number.POSITIVE_INFINITY

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req
    this.#res = res
  }

  /** Whether the request announced a body (RFC 9112 §6). */
  get present(): boolean {
    const { headers } = this.#req
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  }

  /** Whether the body was read: the stream is then no longer to be had. */
  get taken(): boolean {
    return this.#reading !== undefined
  }

  /**
   * The whole body, or `body_too_large`, which leaves the stream whole; a client that goes away half-way is
   * `request_malformed`.
   */
  read(maxBytes: number): Promise<Buffer | Denial> {
    this.#reading ??= this.#collect(maxBytes)
    return this.#reading
  }

  /** The body as a stream, for a destination that takes it unread. */
  stream(): IncomingMessage {
    this.#invite()
    return this.#req
  }

  /** Answers `Expect: 100-continue` only now that the body is wanted (RFC 9110 §10.1.1). */
  #invite(): void {
    if (this.#req.headers.expect !== undefined && !this.#res.headersSent) this.#res.writeContinue()
  }

  #collect(maxBytes: number): Promise<Buffer | Denial> {
    if (Number(this.#req.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(tooLarge)
    this.#invite()
    return new Promise((resolve) =>
      collect(this.#req, maxBytes, (body) => {
        if (body === tooLarge) this.#reading = undefined
        resolve(body)
      }),
    )
  }
}

const tooLarge = deny('body_too_large')
const endedEarly = deny('request_malformed', { message: 'Request body ended early' })

function collect(req: IncomingMessage, maxBytes: number, done: (body: Buffer | Denial) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const take = (chunk: Buffer): void => {
    size += chunk.length
    if (size <= maxBytes) chunks.push(chunk)
    else {
      req.off('data', take).pause()
      req.unshift(Buffer.concat([...chunks, chunk]))
      done(tooLarge)
    }
  }
  req.on('data', take)
  req.once('end', () => done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)))
  req.once('close', () => done(endedEarly))
}
