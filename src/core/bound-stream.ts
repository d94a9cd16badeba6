/** A request's body as a stream that gives no more than it may, whoever reads it and however. */

import type { IncomingMessage } from 'node:http'

/**
 * Counts bytes where node hands them over, since Koa's handlers read the request itself. Of a body that is longer, what
 * exceeds is thrown away, and the end too: cut short, it must not be taken for whole.
 */
export function boundStream(req: IncomingMessage, limit: number, exceeded: () => void): void {
  const push = req.push.bind(req)
  let left = limit - req.readableLength
  req.push = (chunk: Buffer | null): boolean => {
    const held = left >= 0
    left -= chunk?.length ?? 0
    if (left >= 0) return push(chunk)
    if (held) exceeded()
    return true
  }
}
