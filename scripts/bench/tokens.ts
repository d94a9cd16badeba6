/** The tokens that the bench sends: signed as an issuer would, and in every way that must be refused. */

import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { audience, issuer, scope, secret } from './agreed.ts'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = Math.floor(Date.now() / 1000)
const usual = { iss: issuer, aud: audience, sub: 'u1', scope: `orders:read ${scope}`, iat: now, exp: now + 7200 }

/** How a token is proven, and what it says beside or in place of the usual. */
interface Stated {
  readonly claims?: object
  readonly header?: object
}

/** A compact JWS (RFC 7515 §3.1). */
export function signedBy(prove: (text: string) => Buffer, { claims, header }: Stated): string {
  const text = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode({ ...usual, ...claims })}`
  return `${text}.${prove(text).toString('base64url')}`
}

const hmac = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()

/** A token with these claims beside or in place of the usual ones. */
export const sign = (claims: object = {}): string => signedBy(hmac, { claims })

/** Stands in place of the last characters of a signature. */
export const forgedTail = 'AAAAAAAA'

/** The same token with a signature that proves nothing. */
export const forge = (token: string): string => token.slice(0, -forgedTail.length) + forgedTail

/** Each must be answered 401. */
export const worthless: readonly string[] = [
  forge(sign()),
  sign({ exp: now - 60 }),
  sign({ iss: 'https://other.example/' }),
  sign({ aud: 'other-api' }),
  `${encode({ alg: 'none', typ: 'JWT' })}.${encode(usual)}.`,
]

/** Writes so many good tokens of one user, each another, a line each. */
export function writeTokens(path: string, count: number): void {
  const lines = Array.from({ length: count }, (_, index) => sign({ jti: `t${index}` }))
  writeFileSync(path, `${lines.join('\n')}\n`)
}
