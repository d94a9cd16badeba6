/** The refusals of a token, made once; which of them a token met is told to the log alone. */

import { type Denial, deny } from '../../core/denial.ts'

const headers = ['WWW-Authenticate', 'Bearer error="invalid_token"'] as const
const refuse = (cause: string): Denial => deny('token_invalid', { headers, cause })

export const refusal = {
  tooLong: refuse('the token is longer than 8192 characters'),
  notCompact: refuse('the token is not three parts of canonical base64url (RFC 7515 §7.1)'),
  notJson: refuse('the header or the payload is not one JSON object without duplicate members'),
  header: refuse('the header holds `crit`, `b64`, `enc`, `zip`, a nested token or a member of the wrong type'),
  algorithm: refuse('the algorithm is not allowed for this issuer'),
  type: refuse("the header's `typ` is not the one that this issuer's tokens carry"),
  claimTypes: refuse('a registered claim is missing or has the wrong type'),
  issuer: refuse('the token is from another issuer'),
  audience: refuse('the token is for another audience'),
  principal: refuse('the claims do not name a principal with well-formed scopes and roles'),
  key: refuse("no known key fits the token's `alg` and `kid`"),
  signature: refuse('the signature is wrong'),
  notYet: refuse('the token is not valid yet'),
  revoked: refuse('the token was revoked'),
  expired: deny('token_expired', {
    headers: ['WWW-Authenticate', 'Bearer error="invalid_token", error_description="Token has expired"'],
  }),
} as const satisfies Record<string, Denial>
