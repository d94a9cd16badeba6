/** Sends bytes in pieces over one connection, and collects what comes back. */

import { connect } from 'node:net'

export interface Sending {
  readonly pieces: readonly Buffer[]
  /** Whether everything that is waited for has come. */
  isDone(received: Buffer): boolean
  /** Milliseconds after which nothing more is waited for. */
  readonly patience: number
}

/** What came until the server closed the connection, all was there, or patience ended. */
export function sendPieces(port: number, { pieces, isDone, patience }: Sending): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const end = () => {
    clearTimeout(timer)
    socket.destroy()
    resolve(Buffer.concat(chunks))
  }
  const timer = setTimeout(end, patience)
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    if (isDone(Buffer.concat(chunks))) end()
  })
  socket.on('error', () => {})
  socket.once('end', end).once('close', end)
  socket.once('connect', () => writeOneByOne(pieces, (piece) => socket.writable && void socket.write(piece)))
  return promise
}

/** One in each turn of the event loop, so that the server reads them apart. */
function writeOneByOne([first, ...rest]: readonly Buffer[], send: (piece: Buffer) => unknown): void {
  if (first === undefined) return
  send(first)
  setImmediate(() => writeOneByOne(rest, send))
}

/** Cuts bytes at these places, each a share of the whole from 0 to 1. */
export function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0)
}
