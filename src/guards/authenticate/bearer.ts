/** Reads the bearer token of a request (RFC 6750 §2.1), from the `Authorization` header and nowhere else. */

import { type Denial, deny } from '../../core/denial.ts'

/** No error is told where no token came (RFC 6750 §3.1). */
const headers = ['WWW-Authenticate', 'Bearer'] as const

/** The refusal of a request without a token. */
export const tokenMissing: Denial = deny('token_missing', { headers })

const otherCredential: Denial = deny('token_missing', {
  headers,
  cause: 'the `Authorization` header is not `Bearer` and a token',
})

/**
 * The token, or nothing where the request has no `Authorization`; a header that holds anything else is a bad credential,
 * not a missing one. Requests with two such headers were refused before they were matched.
 */
export function readBearer(header: string | undefined): string | Denial | undefined {
  if (header === undefined) return undefined
  const token = header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : ''
  return token === '' ? otherCredential : token
}
