/** The name that a public key has by itself: its JWK thumbprint (RFC 7638). */

import { createHash, type JsonWebKey } from 'node:crypto'

/** The members that make a key, in the order of their names (RFC 7638 §3.2, RFC 8037 §2). */
const members: Readonly<Record<string, readonly (keyof JsonWebKey & string)[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

export function thumbprint(jwk: JsonWebKey): string {
  const own = members[jwk.kty ?? '']
  if (own === undefined) throw new TypeError(`not a public key: kty ${jwk.kty}`)
  const text = JSON.stringify(Object.fromEntries(own.map((name) => [name, jwk[name]])))
  return createHash('sha256').update(text).digest('base64url')
}
