/** Holds what a handler reads off the connection itself to the bound of the policy. */

import type { IncomingMessage } from 'node:http'

/** What the handler's reading fails with. */
export const uploadTooLong = new Error('the body is longer than the policy lets through')

/**
 * Cuts the connection where more than `limit` bytes come: a length that was announced is refused before, so that only
 * chunks get here. Counted where they come in, since handlers read in many ways.
 */
export function boundUpload(req: IncomingMessage, limit: number): void {
  if (limit === Number.POSITIVE_INFINITY) return
  const push = req.push.bind(req)
  let left = limit - req.readableLength
  req.push = (chunk: Buffer | null) => {
    left -= chunk?.length ?? 0
    if (left >= 0) return push(chunk)
    req.destroy(uploadTooLong)
    return false
  }
}
