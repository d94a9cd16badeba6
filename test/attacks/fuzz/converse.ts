/** A conversation over one connection from an address of its own, by which the destination can tell whose request it got. */

import { connect } from 'node:net'

/** Addresses of this machine, each for one connection. */
function* allAddresses(): Generator<string, never> {
  for (let n = 0; ; n++) yield `127.${1 + (Math.floor(n / 62_500) % 250)}.${Math.floor(n / 250) % 250}.${1 + (n % 250)}`
}
export const addresses = allAddresses()

export interface Conversation {
  readonly port: number
  readonly peer: string
  readonly pieces: readonly Buffer[]
  /** The client goes away at once, and reads nothing. */
  readonly aborts: boolean
  /** Whole requests are answered, however long it takes; of broken ones, the server may wait for more than there is. */
  readonly isWhole: boolean
  /** Whether all that was waited for has come. */
  isDone(received: Buffer): boolean
}

/** Milliseconds without a byte after which a client with nothing to wait for hangs up. */
const quiet = 300
const patience = 30_000

export interface Said {
  readonly bytes: Buffer
  /** The client hung up before the server did. */
  readonly hungUp: boolean
}

/** What the server said; undefined where it said nothing more and did not close either. */
export function converse({ port, peer, pieces, aborts, isWhole, isDone }: Conversation): Promise<Said | undefined> {
  const { promise, resolve } = Promise.withResolvers<Said | undefined>()
  const chunks: Buffer[] = []
  const socket = connect({ port, host: '127.0.0.1', localAddress: peer, noDelay: true, allowHalfOpen: true })
  let isSilent = false
  let hungUp = false
  const giveUp = setTimeout(() => {
    isSilent = true
    socket.destroy()
  }, patience)
  const hangUp = setTimeout(
    () => {
      hungUp = true
      socket.end()
    },
    isWhole ? patience : quiet,
  )
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    hangUp.refresh()
    if (isDone(Buffer.concat(chunks))) socket.destroy()
  })
  socket.on('error', () => {})
  socket.once('end', () => socket.destroy())
  socket.once('close', () => {
    clearTimeout(giveUp)
    clearTimeout(hangUp)
    resolve(isSilent ? undefined : { bytes: Buffer.concat(chunks), hungUp })
  })
  const send = ([first, ...rest]: readonly Buffer[]): void => {
    if (first === undefined) return void (aborts && socket.resetAndDestroy())
    if (socket.writable) socket.write(first)
    setImmediate(() => send(rest))
  }
  socket.once('connect', () => send(pieces))
  return promise
}
