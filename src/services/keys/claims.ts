/** Judges the registered claims of a token (RFC 7519 §4.1) by type and value, before its signature costs anything. */

import { Denial } from '../../core/denial.ts'
import { refusal } from './refusal.ts'
import type { Token } from './token.ts'

/** What an issuer's tokens have to say. */
export interface Expected {
  readonly issuer: string
  /** One of these is enough. */
  readonly audiences: readonly string[]
  /** The required `typ`, in lower case and without `application/`; without one, none, `jwt` or `at+jwt`. */
  readonly type: string | undefined
}

/** The registered claims, each of its own type; times in seconds. */
interface Registered {
  readonly audience: readonly string[]
  readonly id: string | undefined
  readonly expires: number
  readonly notBefore: number
  readonly issuedAt: number | undefined
}

/** The registered claims of a token that is from this issuer and for this audience, or why it is refused. */
export function readRegistered({ header, claims }: Token, expected: Expected): Registered | Denial {
  if (!isExpectedType(header.typ, expected.type)) return refusal.type
  const registered = readTypes(claims)
  if (registered instanceof Denial) return registered
  if (claims.iss !== expected.issuer) return refusal.issuer
  if (!registered.audience.some((name) => expected.audiences.includes(name))) return refusal.audience
  return registered
}

/** `typ` is a media type: case-insensitive, `application/` may be left out (RFC 7515 §4.1.9). */
export const normaliseType = (type: string): string => type.toLowerCase().replace(/^application\//, '')

/** Unless told, an ID token is no worse than an access token, but `logout+jwt` and its like are (RFC 8725 §3.11). */
function isExpectedType(typ: string | undefined, type: string | undefined): boolean {
  const found = typ === undefined ? undefined : normaliseType(typ)
  return type === undefined ? found === undefined || found === 'jwt' || found === 'at+jwt' : found === type
}

function readTypes({ iss, aud, sub, jti, exp, nbf, iat }: Readonly<Record<string, unknown>>): Registered | Denial {
  const audience = typeof aud === 'string' ? [aud] : aud
  if (typeof iss !== 'string' || !isTextList(audience)) return refusal.claimTypes
  if (!isOptionalText(sub) || !isOptionalText(jti)) return refusal.claimTypes
  if (!isTime(exp) || !(nbf === undefined || isTime(nbf)) || !(iat === undefined || isTime(iat)))
    return refusal.claimTypes
  return {
    audience: Object.freeze(audience),
    id: jti,
    expires: exp,
    notBefore: nbf ?? Number.NEGATIVE_INFINITY,
    issuedAt: iat,
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const isOptionalText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string'

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
