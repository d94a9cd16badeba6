/** The one lazy reader of a request's body: whoever needs the bytes asks here, and they are read once. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { boundStream } from './bound-stream.ts'
import { type Denial, deny, malformed } from './denial.ts'

export class Body {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  /** In bytes, as the request declared it; 0 where it did not. */
  readonly length: number
  /** Whether the request announced a body (RFC 9112 §6). */
  readonly present: boolean
  /** Somebody read it before us: there is nothing left that could be judged. */
  readonly #spent: boolean
  #reading: Promise<Buffer | Denial> | undefined
  #bytes: Buffer | undefined
  /** The sanitised bytes, where a transform or a default changed the original. */
  replaced: Buffer | undefined
  /** The most bytes that a destination takes from the stream. */
  limit = Number.POSITIVE_INFINITY
  /** The stream grew beyond `limit`. */
  #isOver = false
  #whenTooLarge: ((denial: Denial) => void) | undefined

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req
    this.#res = res
    const { 'content-length': length, 'transfer-encoding': coding } = req.headers
    this.length = length === undefined ? 0 : Number(length)
    this.present = coding !== undefined || this.length > 0
    this.#spent = this.present && (req.readableDidRead || req.readableEnded)
  }

  /** Whether the body was read: the stream is then no longer to be had. */
  get taken(): boolean {
    return this.#reading !== undefined
  }

  /** What was read of it, once it was. */
  get bytes(): Buffer | undefined {
    return this.#bytes
  }

  /**
   * The whole body, or `body_too_large`, which leaves the stream whole; a client that goes away half-way is
   * `request_malformed`.
   */
  read(maxBytes: number): Promise<Buffer | Denial> {
    this.#demandUnread()
    this.#reading ??= this.#collect(maxBytes).then((body) => this.#keep(body))
    return this.#reading
  }

  /** The body as a stream of at most `limit` bytes, for a destination that takes it unread; or `body_too_large`. */
  stream(): IncomingMessage | Denial {
    this.#demandUnread()
    if (Math.max(this.length, this.#req.readableLength) > this.limit) return tooLarge
    if (this.length === 0 && this.limit !== Number.POSITIVE_INFINITY)
      boundStream(this.#req, this.limit, () => this.#overflow())
    this.#invite()
    return this.#req
  }

  /** The bytes of a body whose length was not declared, once it has come whole and nobody has read of it. */
  get wholeLength(): number | undefined {
    const isWhole = this.#req.complete && !this.#isOver && !this.#req.readableDidRead
    return isWhole ? this.#req.readableLength : undefined
  }

  /** Ends the exchange once the stream grows beyond `limit`, or at once if it did already. */
  onTooLarge(end: (denial: Denial) => void): void {
    if (this.#isOver) end(overflown)
    else this.#whenTooLarge = end
  }

  #demandUnread(): void {
    if (this.#spent)
      throw new Error('the request body was read before the gate could judge it: mount body parsers after the gate')
  }

  /** Whoever still reads once the answer is out learns that no more comes. */
  #overflow(): void {
    this.#res.once('close', () => this.#req.destroy(new Error('the body is longer than the policy lets through')))
    this.#isOver = true
    this.#whenTooLarge?.(overflown)
  }

  /**
   * Answers `Expect: 100-continue` only now that the body is wanted, and never to HTTP/1.0 (RFC 9110 §10.1.1). While answers
   * before it are not out, Node would put the head of this one ahead of the invitation, which then stood for its body.
   */
  #invite(): void {
    const { headers, httpVersion } = this.#req
    if (headers.expect === undefined || httpVersion !== '1.1') return
    const res = this.#res
    const write = () => void (res.headersSent || res.writeContinue())
    if (res.socket === null) res.once('socket', write)
    else write()
  }

  #keep(body: Buffer | Denial): Buffer | Denial {
    if (Buffer.isBuffer(body)) this.#bytes = body
    return body
  }

  async #collect(maxBytes: number): Promise<Buffer | Denial> {
    if (this.length > maxBytes) return tooLarge
    this.#invite()
    // A body that came along with its head is there after this, and takes no listeners.
    await undefined
    if (this.length > 0 && this.#req.readableLength === this.length) return this.#req.read()
    const body = await collect(this.#req, maxBytes)
    if (body === tooLarge) this.#reading = undefined
    return body
  }
}

const tooLarge = deny('body_too_large')
const overflown = deny('body_too_large', { headers: ['Connection', 'close'] })
const endedEarly = malformed('Request body ended early')

function collect(req: IncomingMessage, maxBytes: number): Promise<Buffer | Denial> {
  const { promise, resolve: done } = Promise.withResolvers<Buffer | Denial>()
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
  return promise
}
