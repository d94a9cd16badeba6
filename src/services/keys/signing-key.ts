/** A key that tokens are signed with, and the one place where they are. */

import { type KeyObject, sign as signBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Algorithm } from './algorithm.ts'

export interface SigningKey {
  /** Of a public key its thumbprint (RFC 7638). */
  readonly kid: string
  readonly algorithm: Algorithm
  readonly key: KeyObject
}

type Claims = Readonly<Record<string, unknown>>

/** A compact JWS of an access token (RFC 9068 §2.1). */
export function signToken(claims: Claims, { kid, algorithm, key }: SigningKey): string {
  if (algorithm === 'EdDSA') return signEdwards(claims, { alg: algorithm, typ: 'at+jwt', kid }, key)
  return jwt.sign(claims, key, { algorithm, keyid: kid, header: { alg: algorithm, typ: 'at+jwt' } })
}

/** jsonwebtoken knows no EdDSA (RFC 8037 §3.1). */
function signEdwards(claims: Claims, header: Claims, key: KeyObject): string {
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${content}.${signBytes(null, Buffer.from(content), key).toString('base64url')}`
}
