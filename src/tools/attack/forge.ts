/** Tokens, good and bad, of the issuers whose key is at hand. */

import { createHmac, randomUUID, sign } from 'node:crypto'
import type { Policy } from '../../policy/policy.ts'
import { audiences, type IssuerBlock, issuerClaim } from '../../services/keys/issuer.ts'
import { type SigningKey, signToken } from '../../services/keys/signing-key.ts'

/** What is at hand of an issuer: a key to sign with, or one good token. */
export interface Authority {
  readonly key?: SigningKey | undefined
  readonly token?: string | undefined
}

/** What a good token shall carry. */
export interface Wishes {
  readonly scopes?: readonly string[] | undefined
  readonly roles?: readonly string[] | undefined
  readonly audience?: string | undefined
  readonly acr?: string | undefined
  /** Seconds since the login, which was just now unless told. */
  readonly age?: number | undefined
}

/** Credentials of an account that are no tokens, where they are at hand. */
export interface AccountCredentials {
  readonly apiKey?: string | undefined
  /** The value of the session cookie. */
  readonly session?: string | undefined
}

export interface BadToken {
  readonly title: string
  readonly token: string
}

type Claims = Readonly<Record<string, unknown>>

export class Forge {
  readonly #issuers: ReadonlyMap<string, IssuerBlock>
  readonly #authorities: ReadonlyMap<string, Authority>
  readonly accounts: AccountCredentials
  #count = 0

  constructor({ issuers }: Policy, authorities: ReadonlyMap<string, Authority>, accounts: AccountCredentials = {}) {
    this.accounts = accounts
    this.#issuers = new Map(issuers.map(({ name, value }) => [name, value]))
    this.#authorities = authorities
  }

  /** Whether tokens can be made to measure. */
  signs(issuer: string): boolean {
    return this.#authorities.get(issuer)?.key !== undefined
  }

  /** A good token, each of another person, so that no limit of one is met; undefined where nothing is at hand. */
  good(issuer: string, wishes: Wishes = {}): string | undefined {
    const { key, token } = this.#authorities.get(issuer) ?? {}
    return key === undefined ? token : signToken(this.#claims(issuer, wishes), key)
  }

  /** Tokens of which none may pass, those that take a key where one is at hand. */
  bad(issuer: string, wishes: Wishes): readonly BadToken[] {
    const good = this.good(issuer, wishes)
    const { key } = this.#authorities.get(issuer) ?? {}
    const claims = this.#claims(issuer, wishes)
    return [
      { title: 'a token of no shape', token: 'portcullis.attack' },
      { title: 'an unsigned token (`alg: none`)', token: `${encode({ alg: 'none', typ: 'at+jwt' }, claims)}.` },
      {
        title: 'a token signed with a guessed secret',
        token: signHmac({ alg: 'HS256', typ: 'at+jwt' }, claims, 'secret'),
      },
      {
        title: 'a token that brings its own key',
        token: signHmac({ alg: 'HS256', typ: 'at+jwt', jwk: { kty: 'oct', k: 'c2VjcmV0' } }, claims, 'secret'),
      },
      ...(good === undefined ? [] : tampered(good)),
      ...(key === undefined ? [] : this.#misused(claims, key)),
    ]
  }

  #claims(name: string, { scopes = [], roles = [], audience, acr, age = 0 }: Wishes): Claims {
    const block = this.#issuers.get(name) ?? {}
    const now = Math.floor(Date.now() / 1_000)
    this.#count += 1
    return {
      iss: issuerClaim(name, block),
      sub: `portcullis-attack-${this.#count}`,
      aud: audience ?? audiences(block)[0],
      client_id: 'portcullis-attack',
      iat: now,
      exp: now + 3_600,
      jti: randomUUID(),
      auth_time: now - age,
      ...(acr !== undefined && { acr }),
      scope: scopes.join(' '),
      roles,
    }
  }

  /** Signed with the right key, and not to be accepted all the same. */
  #misused(claims: Claims, key: SigningKey): readonly BadToken[] {
    const now = Math.floor(Date.now() / 1_000)
    const { exp: _, ...endless } = claims
    return [
      { title: 'an expired token', token: signToken({ ...claims, iat: now - 7_200, exp: now - 3_600 }, key) },
      { title: 'a token that is not valid yet', token: signToken({ ...claims, nbf: now + 3_600 }, key) },
      { title: 'a token without an end', token: signToken(endless, key) },
      { title: 'a token of another issuer', token: signToken({ ...claims, iss: 'urn:portcullis-attack' }, key) },
      { title: 'a token for another audience', token: signToken({ ...claims, aud: 'portcullis-attack' }, key) },
      ...confused(claims, key),
    ]
  }
}

const encodePart = (part: Claims): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const encode = (header: Claims, claims: Claims): string => `${encodePart(header)}.${encodePart(claims)}`

function signHmac(header: Claims, claims: Claims, secret: string | Buffer): string {
  const content = encode(header, claims)
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

/** A good token with one thing changed, under its old signature. */
function tampered(good: string): readonly BadToken[] {
  const [header = '', payload = '', signature = ''] = good.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
  const other = signature.startsWith('A') ? 'B' : 'A'
  return [
    {
      title: 'a token whose claims were changed',
      token: `${header}.${encodePart({ ...claims, sub: 'admin' })}.${signature}`,
    },
    { title: 'a token whose signature was changed', token: `${header}.${payload}.${other}${signature.slice(1)}` },
    { title: 'a token whose signature was cut off', token: `${header}.${payload}.` },
  ]
}

/** Another algorithm than the key's, and a header that nobody understands (RFC 7515 §4.1.11). */
function confused(claims: Claims, { kid, algorithm, key }: SigningKey): readonly BadToken[] {
  if (algorithm !== 'ES256') return []
  const critical = encode(
    { alg: algorithm, typ: 'at+jwt', kid, crit: ['portcullis-attack'], 'portcullis-attack': true },
    claims,
  )
  const signature = sign('sha256', Buffer.from(critical), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return [{ title: 'a token with a critical header that nobody knows', token: `${critical}.${signature}` }]
}
