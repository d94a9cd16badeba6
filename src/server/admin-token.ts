/** Who may call the admin listener: whoever brings its token. */

import { hash, timingSafeEqual } from 'node:crypto'
import { Denial, deny } from '../core/denial.ts'
import { readBearer, tokenMissing } from '../guards/authenticate/bearer.ts'

const wrongToken = deny('token_invalid', {
  headers: ['WWW-Authenticate', 'Bearer error="invalid_token"'],
  cause: 'the token is not the one of `settings.admin`',
})

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer')

/**
 * The refusal of an `Authorization` header, if it is not the token in force; how long it takes tells nothing of the token.
 */
export function adminToken(token: () => string): (header: string | undefined) => Denial | undefined {
  return function refuseCaller(header) {
    const brought = readBearer(header) ?? tokenMissing
    if (brought instanceof Denial) return brought
    return timingSafeEqual(digestOf(brought), digestOf(token())) ? undefined : wrongToken
  }
}
