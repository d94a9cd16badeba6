/** Who logs in here: the issuer of this server, its key, and the accounts that it gives tokens to. */

import type { JsonWebKey } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import { readDuration } from '../../core/duration.ts'
import { freeze } from '../../core/freeze.ts'
import type { Principal } from '../../core/principal.ts'
import type { Account } from '../accounts/account.ts'
import type { RefreshRules } from '../accounts/refresh/refresh-rules.ts'
import type { Session } from '../accounts/refresh/session.ts'
import type { Clock } from '../clock.ts'
import { readDevKey } from '../keys/dev-key.ts'
import { issuerClaim } from '../keys/issuer.ts'
import { builtinAlgorithm, mintToken } from '../keys/mint.ts'
import type { OpenAccounts } from './account-pool.ts'
import type { NamedIssuer } from './identity-issuer.ts'

export interface Identity extends OpenAccounts {
  /** The `iss` claim. */
  readonly issuer: string
  /** Who asks for sessions: this issuer, and no other. */
  readonly client: string
  readonly rules: RefreshRules
  /** Milliseconds that an access token lives. */
  readonly accessTtl: number
  /** What the account may ask for here. */
  scopesOf(account: Account): readonly string[]
  mint(account: Account, session: Pick<Session, 'id' | 'scopes' | 'createdAt'>): string
  /** The account, where it calls with a credential that is no token: with so many of its scopes. */
  principalOf(account: Account, scopes: readonly string[]): Principal
  /** RFC 7517. */
  readonly keySet: { readonly keys: readonly JsonWebKey[] }
}

/** Milliseconds in which a client that lost its answer may ask again. */
const grace = 5_000
const usualIdle = '14d'

/** Claims that say who made a token, when and for whom: no account has them its own way. */
const reserved = new Set(
  'iss sub aud exp nbf iat jti scope roles client_id sid acr amr auth_time azp nonce cnf'.split(' '),
)

export async function openIdentity(
  { name, value: block }: NamedIssuer,
  accounts: OpenAccounts,
  clock: Clock,
): Promise<Identity> {
  const key = await readDevKey()
  const issuer = issuerClaim(name, block)
  const granted = block.scopes
  const absolute = readDuration(block.refreshTtl ?? '30d')
  const idle = Math.min(readDuration(block.refreshIdle ?? usualIdle), absolute)
  return {
    ...accounts,
    issuer,
    client: issuer,
    rules: { idle, absolute, grace },
    accessTtl: readDuration(block.accessTtl ?? '10m'),
    scopesOf: ({ scopes }) => (granted === undefined ? scopes : scopes.filter((scope) => granted.includes(scope))),
    mint: (account, { id: sid, scopes, createdAt }) => {
      // The password was shown when the session began, and is not by a refresh.
      const claims = { ...ownClaims(account), sid, auth_time: Math.floor(createdAt / 1_000) }
      return mintToken({ name, block, sub: account.id, scopes, roles: account.roles, claims }, key, clock)
    },
    principalOf: (account, scopes) =>
      freeze({ id: account.id, issuer, scopes, roles: account.roles, claims: ownClaims(account) }),
    keySet: {
      keys: [
        { ...createPublicKey(key.key).export({ format: 'jwk' }), kid: key.kid, alg: builtinAlgorithm, use: 'sig' },
      ],
    },
  }
}

const ownClaims = ({ claims }: Account) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !reserved.has(name)))
