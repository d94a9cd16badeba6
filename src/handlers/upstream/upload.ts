/** The client's body on its way up, at the upstream's pace. */

import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'

/**
 * A copy of the request's stream. undici destroys the body of a failed call; destroying the request itself would cut the
 * client off before it is told why.
 */
export const relayUpload = (request: IncomingMessage): Readable =>
  request.pipe(new PassThrough().on('error', () => undefined))
