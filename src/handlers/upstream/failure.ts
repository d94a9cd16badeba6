/** What a failed call tells the client, and the log. */

import { type Denial, deny } from '../../core/denial.ts'

/** `upstream_timeout` or `upstream_failed`; why, is for the log alone. */
export function readFailure({ code, message }: NodeJS.ErrnoException): Denial {
  const cause = [code, message].filter(Boolean).join(' ')
  return deny(code === 'ETIMEDOUT' ? 'upstream_timeout' : 'upstream_failed', { cause })
}
