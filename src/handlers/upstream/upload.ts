/** The client's body on its way up, at the upstream's pace. */

import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'

/**
 * A copy of the request's stream. undici destroys the body of a failed call; destroying the request itself would cut the
 * client off before it is told why.
 */
export function relayUpload(request: IncomingMessage): Readable {
  const relay = new PassThrough()
  relay.on('error', () => undefined)
  request.once('close', () => {
    if (!request.complete) relay.destroy(new Error('the client went away'))
  })
  return request.pipe(relay)
}
