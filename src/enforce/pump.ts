/** Sends a stream as the body of an answer: with back-pressure, at its declared length, and never on after a fault. */

import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

interface Sink {
  readonly res: ServerResponse
  /** In bytes, where the head declared it. */
  readonly length: number | undefined
  /** Every byte is handed over; ends the response. */
  end(): void
  /** The stream failed after the head was written, and the connection is cut: nothing else tells the client. */
  fail(error: unknown): void
}

/**
 * Pumps until the stream ends, fails, or the client is gone. A body of another length than declared would be read as the
 * next answer, and a chunk that is not bytes would throw inside `stream.pipe` where nobody can catch it.
 */
export function pump(stream: Readable, { res, length = Number.POSITIVE_INFINITY, end, fail }: Sink): void {
  let left = length
  let over = false
  const settle = (conclude: () => void) => {
    if (over) return
    over = true
    conclude()
  }
  const cut = (error: unknown) =>
    settle(() => {
      stream.destroy()
      res.destroy()
      fail(error)
    })
  const send = (chunk: unknown) => {
    if (over) return
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array))
      return cut(new TypeError('the body yields other than bytes'))
    left -= Buffer.byteLength(chunk)
    if (left < 0) return cut(new RangeError('the body is longer than its Content-Length'))
    if (!res.write(chunk)) stream.pause()
  }
  const finish = () => {
    if (left > 0 && left !== Number.POSITIVE_INFINITY)
      return cut(new RangeError('the body is shorter than its Content-Length'))
    settle(end)
  }
  res.on('drain', () => stream.resume())
  res.once('close', () => settle(() => stream.destroy()))
  stream.on('error', cut)
  stream.once('close', () => cut(new Error('the body ended early')))
  stream.once('end', finish)
  stream.on('data', send)
}
