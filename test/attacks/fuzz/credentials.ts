/** Credentials, good and bad, each with what it is worth; who is not listed here is nobody. */

import { createSecretKey } from 'node:crypto'
import { craft, encode } from '../../fixtures/tokens/craft.ts'
import { otherRsa, pem, rsa } from '../../fixtures/tokens/keys.ts'
import { corpToken, shopSecret, shopToken } from '../issuers.ts'

/** Whom a good credential stands for. */
export interface Principal {
  readonly id: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

export interface Token {
  readonly text: string
  /** The name that policies know its issuer by. */
  readonly issuer?: 'shop' | 'corp'
  readonly audience?: readonly string[]
  /** Nobody's where it is bad. */
  readonly principal?: Principal
  /** Refused so, whatever the route asks. */
  readonly code?: 'token_invalid' | 'token_expired' | 'token_missing'
}

const seconds = Math.floor(Date.now() / 1000)
const day = 86_400

const people = {
  ada: { sub: 'ada', scope: 'things:read things:write', roles: ['reader', 'writer'], plan: 'pro' },
  bob: { sub: 'bob', scope: 'things:read', roles: ['reader'], plan: 'free' },
  root: { sub: 'root', scope: 'things:read things:write things:admin', roles: ['admin'] },
  none: { sub: 'none', scope: 'things:readx xthings:read THINGS:READ', roles: ['admins', 'Reader'] },
} as const

type Claims = Readonly<Record<string, unknown>>
const lasting = { exp: seconds + 30 * day, iat: seconds - 60 }

function principalOf(issuer: string, claims: Claims): Principal {
  const { sub, scope, roles } = claims as { sub: string; scope: string; roles: readonly string[] }
  return { id: sub, issuer, scopes: scope.split(' '), roles, claims }
}

function good(issuer: 'shop' | 'corp', claims: Claims): Token {
  const audience = [claims.aud ?? 'api'].flat() as string[]
  const make = issuer === 'shop' ? shopToken : corpToken
  return {
    text: make({ ...lasting, ...claims }),
    issuer,
    audience,
    principal: principalOf(`https://${issuer}.example/`, claims),
  }
}

const shop = (claims: Claims): string => shopToken({ ...people.root, ...lasting, ...claims })
const key = createSecretKey(Buffer.from(shopSecret))
const rootOf = (iss: string): Claims => ({ ...people.root, ...lasting, iss, aud: 'api' })
const [header = '', payload = '', signature = ''] = shop({}).split('.')
const invalid = (text: string): Token => ({ text, code: 'token_invalid' })

/** Each is a token of the most powerful caller but for one fault. */
const bad: readonly Token[] = [
  { text: shop({ exp: seconds - day }), code: 'token_expired', issuer: 'shop' },
  invalid(shop({ aud: 'other' })),
  invalid(shop({ aud: ['API', 'api '] })),
  invalid(shop({ iss: 'https://corp.example/' })),
  invalid(shop({ iss: 'https://shop.example' })),
  invalid(shop({ nbf: seconds + 300 * day })),
  invalid(shop({ exp: undefined })),
  invalid(shop({ exp: `${seconds + day}` })),
  invalid(shop({ sub: undefined })),
  invalid(shop({ sub: 5 })),
  invalid(`${header}.${payload}.`),
  invalid(`${header}.${payload}`),
  invalid(`${header}.${payload}.${signature}x`),
  invalid(`${header}.${payload}.${signature}=`),
  invalid(`${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`),
  invalid(`${header}.${encode(JSON.stringify(rootOf('https://shop.example/')))}x.${signature}`),
  invalid(`${encode('{"alg":"none"}')}.${payload}.`),
  invalid(craft({ algorithm: 'HS256', key, header: { crit: ['x'] }, claims: rootOf('https://shop.example/') })),
  invalid(craft({ algorithm: 'HS512', key, claims: rootOf('https://shop.example/') })),
  invalid(craft({ algorithm: 'RS256', key: otherRsa.privateKey, claims: rootOf('https://corp.example/') })),
  invalid(craft({ algorithm: 'PS256', key: rsa.privateKey, claims: rootOf('https://corp.example/') })),
  invalid(
    craft({
      algorithm: 'HS256',
      key: createSecretKey(Buffer.from(pem(rsa))),
      claims: rootOf('https://corp.example/'),
    }),
  ),
  invalid('a.b.c'),
  invalid('..'),
  invalid('root'),
]

export const tokens: readonly Token[] = [
  ...Object.values(people).flatMap((claims) => [good('shop', claims), good('corp', claims)]),
  good('shop', { ...people.ada, aud: 'narrow' }),
  good('shop', { ...people.ada, aud: ['api', 'narrow', 'other'] }),
  good('shop', { ...people.ada, acr: 'mfa', auth_time: seconds }),
  good('shop', { ...people.ada, acr: 'mfa', auth_time: seconds - 10 * day }),
  good('shop', { ...people.ada, acr: 'pwd', auth_time: seconds }),
  good('shop', { ...people.bob, orgs: { x: ['admin'], y: 'writer' } }),
  good('shop', { ...people.root, sub: 'a d/a\u00e9%' }),
  ...bad,
]

const byText = new Map(tokens.map((token) => [token.text, token]))

/** What a token is worth; one that nobody made is worth nothing. */
export const tokenOf = (text: string): Token => byText.get(text) ?? invalid(text)
