/** The client's body on its way up, at the upstream's pace. */

import type { IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'

/** The client sent more than the policy lets through, and had not announced it. */
export const uploadTooLarge = new Error('the upload is larger than the policy lets through')

/**
 * A copy of the request's stream. undici destroys the body of a failed call; destroying the request itself would cut the
 * client off before it is told why. It ends with `uploadTooLarge` after `limit` bytes.
 */
export function relayUpload(request: IncomingMessage, limit: number): Readable {
  let left = limit
  const relay = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      left -= chunk.length
      if (left < 0) pass(uploadTooLarge)
      else pass(null, chunk)
    },
  })
  relay.on('error', () => undefined)
  return request.pipe(relay)
}
