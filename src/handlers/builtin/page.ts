/** A text that clients keep and ask about again (RFC 9110 §13.1.2), compressed for those that take it so. */

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer } from '../../core/answer.ts'
import type { Exchange } from '../../core/exchange.ts'

const compress = promisify(gzip)

interface Form {
  readonly tag: string
  readonly headers: readonly string[]
}

export class Page {
  readonly #bytes: Buffer
  readonly #plain: Form
  readonly #zipped: Form
  #compressed: Promise<Buffer> | undefined

  /** `headers` stand on every 200: the media type at least. */
  constructor(text: string, headers: readonly string[]) {
    this.#bytes = Buffer.from(text)
    const digest = createHash('sha256').update(this.#bytes).digest('base64url')
    const form = (tag: string, own: readonly string[]): Form => ({
      tag,
      headers: ['ETag', tag, 'Cache-Control', 'no-cache', 'Vary', 'Accept-Encoding', ...own],
    })
    this.#plain = form(`"${digest}"`, headers)
    // Another encoding is another representation (RFC 9110 §8.8.3.3).
    this.#zipped = form(`"${digest}-gzip"`, ['Content-Encoding', 'gzip', ...headers])
  }

  /** 304 where the client has it already. */
  answer({ ctx, method }: Pick<Exchange, 'ctx' | 'method'>): Answer | Promise<Answer> {
    const isZipped = ctx.acceptsEncodings('gzip', 'identity') === 'gzip'
    const { tag, headers } = isZipped ? this.#zipped : this.#plain
    const isRead = method === 'GET' || method === 'HEAD'
    if (isRead && isKnown(ctx.req.headers['if-none-match'], tag)) return { status: 304, headers: headers.slice(0, 6) }
    if (!isZipped) return { status: 200, headers, body: this.#bytes }
    this.#compressed ??= compress(this.#bytes)
    return this.#compressed.then((body) => ({ status: 200, headers, body }))
  }
}

/** Whether `If-None-Match` names it, by the weak comparison of RFC 9110 §8.8.3.2. */
export const isKnown = (header = '', tag: string): boolean =>
  header.split(',').some((known) => ['*', tag, `W/${tag}`].includes(known.trim()))
