/** Reads the bearer token of a request (RFC 6750 §2.1), from the `Authorization` header and nowhere else. */

import { type Denial, deny } from '../../core/denial.ts'

/** No credential that `authenticate` knows: the challenge says nothing of an error (RFC 6750 §3.1). */
export const tokenMissing: Denial = deny('token_missing', { headers: ['WWW-Authenticate', 'Bearer'] })

const several: Denial = deny('token_missing', {
  headers: ['WWW-Authenticate', 'Bearer'],
  cause: 'the request has several `Authorization` headers',
})
const otherScheme: Denial = deny('token_missing', {
  headers: ['WWW-Authenticate', 'Bearer'],
  cause: 'the `Authorization` header is not `Bearer` and a token',
})

/**
 * The token, or nothing where the request carries no `Authorization`. A header that holds anything else is a bad
 * credential and no missing one. `raw` is the flat list that Node read: name, value, name, value.
 */
export function readBearer(raw: readonly string[]): string | Denial | undefined {
  let header: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    if (!isAuthorization(raw[at] ?? '')) continue
    if (header !== undefined) return several
    header = raw[at + 1] ?? ''
  }
  if (header === undefined) return undefined
  const token = header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : ''
  return token === '' ? otherScheme : token
}

const isAuthorization = (name: string): boolean => name.length === 13 && name.toLowerCase() === 'authorization'
