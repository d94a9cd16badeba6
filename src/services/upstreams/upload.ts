/** A body that is a stream, on its way up at the upstream's pace. */

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

interface UploadOptions {
  readonly socket: Socket
  /** Its length is not known (RFC 9112 §7.1). */
  readonly chunked: boolean
  failed(error: Error): void
}

export const cutShort = new Error('the body ended before it was whole')

export class Upload {
  readonly #body: Readable
  readonly #options: UploadOptions
  #whole = false

  constructor(body: Readable, options: UploadOptions) {
    this.#body = body
    this.#options = options
    body.on('data', this.#send).once('end', this.#end).once('error', options.failed).once('close', this.#close)
    // Who read of it before may have paused it.
    body.resume()
  }

  /** All of it was written. */
  get isWhole(): boolean {
    return this.#whole
  }

  resume(): void {
    this.#body.resume()
  }

  /** Leaves the rest where it is. */
  stop(): void {
    const body = this.#body
    body.off('data', this.#send).off('end', this.#end).off('error', this.#options.failed).off('close', this.#close)
    if (!this.#whole) body.pause()
    if (body.destroyed) passOverError(body)
  }

  readonly #send = (chunk: Buffer): void => {
    const { socket, chunked } = this.#options
    if (!(chunked ? writeChunk(socket, chunk) : socket.write(chunk))) this.#body.pause()
  }

  readonly #end = (): void => {
    this.#whole = true
    if (this.#options.chunked) this.#options.socket.write('0\r\n\r\n', 'latin1')
  }

  readonly #close = (): void => {
    if (!this.#whole) this.#options.failed(cutShort)
  }
}

/**
 * The error of a body that was just destroyed may be on its way already, also where it is `closed`; it would end the process
 * where nobody listens.
 */
function passOverError(body: Readable): void {
  const ignore = () => undefined
  body.on('error', ignore).once('close', () => body.off('error', ignore))
}

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  if (chunk.length === 0) return true
  socket.cork()
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
  socket.write(chunk)
  const more = socket.write('\r\n', 'latin1')
  socket.uncork()
  return more
}
