/** Closing connections: so that the client gets to read the last answer, and nothing after it is obeyed. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Bodies up to this many bytes are read to their end and forgotten: cheaper than a new connection. */
const smallBody = 65_536
/** How long a client that still sends is given to see the answer, in milliseconds. */
const patience = 1000

const closing = new WeakSet<Socket>()
const lingering = new WeakSet<ServerResponse>()

/**
 * Whether a request offers another protocol. Node's parser loses what follows such a request in the same read, and would
 * take the middle of the next request for its beginning: it has to be the connection's last.
 */
export const offersUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade !== undefined && /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(headers.connection ?? '')

/**
 * Whether the answer goes out before a request body that is too long to wait for, or that comes over a connection which
 * ends with it; or what follows cannot be read.
 */
export function isCutShort(req: IncomingMessage, { shouldKeepAlive }: ServerResponse): boolean {
  if (offersUpgrade(req)) return true
  const { 'content-length': length = '0', 'transfer-encoding': coding } = req.headers
  return !req.complete && (coding !== undefined || Number(length) > (shouldKeepAlive ? smallBody : 0))
}

/** Notes that the answer on its way is the connection's last. */
export const announceClose = (socket: Socket): void => void closing.add(socket)

/** Whether the last answer was given: what still comes is not obeyed (RFC 9112 §9.6), or one request could hide another. */
export const isClosing = (socket: Socket): boolean => closing.has(socket)

/**
 * Ends an answer that is written whole, while the request may still come. Closing at once would reset the connection, and
 * a reset takes the answer out of the client's hands (RFC 9112 §9.6): for a moment, what comes is thrown away.
 */
export function linger(req: IncomingMessage, res: ServerResponse): void {
  if (req.closed) return void res.end()
  lingering.add(res)
  res.flushHeaders()
  const end = () => {
    clearTimeout(timer)
    res.end()
  }
  const timer = setTimeout(end, patience)
  req.once('close', end)
  req.resume()
}

/** Whether the client was given the whole answer. */
export const isDelivered = (res: ServerResponse): boolean => res.writableFinished || lingering.has(res)
