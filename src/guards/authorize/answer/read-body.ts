/** Reads the body of an answer whole, within a bound. */

import { Readable } from 'node:stream'
import { type Answer, discard } from '../../../core/answer.ts'
import type { Exchange } from '../../../core/exchange.ts'

/** Why a body was not read, for the log. */
export class BodyFault extends Error {}

/** The text of a body; throws where it is longer than `maxBytes`, breaks off, or is no UTF-8. */
export async function readText(exchange: Exchange, { body }: Answer, maxBytes: number): Promise<string> {
  const bytes = body instanceof Readable ? await collect(exchange, body, maxBytes) : body
  if (bytes === undefined) return ''
  if (Buffer.byteLength(bytes) > maxBytes) throw new BodyFault(`the answer is longer than ${maxBytes} bytes`)
  return typeof bytes === 'string' ? bytes : textOf(bytes)
}

/** Throws where the bytes are no UTF-8. */
export const textOf = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)

async function collect(exchange: Exchange, body: Readable, maxBytes: number): Promise<Buffer> {
  exchange.defer(() => discard({ body }))
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > maxBytes) throw new BodyFault(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
