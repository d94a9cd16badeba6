/** Who logs in here: the issuer of this server, its key, and the accounts that it gives tokens to. */

import { readDuration } from '../../core/duration.ts'
import { freeze } from '../../core/freeze.ts'
import type { Principal } from '../../core/principal.ts'
import type { Account } from '../accounts/account.ts'
import type { Revoking } from '../accounts/outbox/kept-revocations.ts'
import type { RefreshRules } from '../accounts/refresh/refresh-rules.ts'
import type { Session } from '../accounts/refresh/session.ts'
import type { Clock } from '../clock.ts'
import { issuerClaim } from '../keys/issuer.ts'
import { mintToken } from '../keys/mint.ts'
import { accessTtlOf } from '../keys/stored/key-life.ts'
import type { PublishedKeys } from '../keys/stored/key-set.ts'
import { sessionEntry } from '../revocation/entry.ts'
import type { OpenAccounts } from './account-pool.ts'
import { ApiKeyVerifier } from './api-key-verifier.ts'
import { CookieSessions } from './cookie-sessions.ts'
import type { NamedIssuer } from './identity-issuer.ts'

export interface Identity extends OpenAccounts {
  /** The name in `issuers`. */
  readonly name: string
  /** The `iss` claim. */
  readonly issuer: string
  /** Who asks for sessions: this issuer, and no other. */
  readonly client: string
  readonly rules: RefreshRules
  /** Sessions that browsers keep in a cookie. */
  readonly cookies: CookieSessions
  /** Milliseconds that an access token lives. */
  readonly accessTtl: number
  /** What makes the access tokens of sessions good no longer, on every node. */
  readonly revoked: Revoking
  /** What the account may ask for here. */
  scopesOf(account: Account): readonly string[]
  mint(account: Account, session: Pick<Session, 'id' | 'scopes' | 'createdAt'>): string
  /** The account, where it calls with a credential that is no token: with so many of its scopes. */
  principalOf(account: Account, scopes: readonly string[]): Principal
  readonly apiKeys: ApiKeyVerifier
  /** The public keys as they are now. */
  published(): Promise<PublishedKeys>
}

/** Milliseconds in which a client that lost its answer may ask again. */
const grace = 5_000
const usualIdle = '14d'

/** Claims that say who made a token, when and for whom: no account has them its own way. */
const reserved = new Set(
  'iss sub aud exp nbf iat jti scope roles client_id sid grants_version acr amr auth_time azp nonce cnf'.split(' '),
)

/** Its verifier is open, and with it its keys. */
export function openIdentity({ name, value: block }: NamedIssuer, accounts: OpenAccounts, clock: Clock): Identity {
  const keys = accounts.keys.of(name)
  const issuer = issuerClaim(name, block)
  const granted = block.scopes
  const absolute = readDuration(block.refreshTtl ?? '30d')
  const idle = Math.min(readDuration(block.refreshIdle ?? usualIdle), absolute)
  const accessTtl = accessTtlOf(block)
  const identity: Omit<Identity, 'cookies' | 'apiKeys'> = {
    ...accounts,
    name,
    issuer,
    client: issuer,
    rules: { idle, absolute, grace },
    accessTtl,
    revoked: (sessions) => {
      const now = clock.now()
      return sessions.map((id) => sessionEntry(issuer, id, { now, until: now + accessTtl }))
    },
    scopesOf: ({ scopes }) => (granted === undefined ? scopes : scopes.filter((scope) => granted.includes(scope))),
    mint: (account, { id: sid, scopes, createdAt }) => {
      // The password was shown when the session began, and is not by a refresh.
      const times = { auth_time: Math.floor(createdAt / 1_000) }
      const claims = { ...ownClaims(account), sid, grants_version: account.grantsVersion, ...times }
      return mintToken({ name, block, sub: account.id, scopes, roles: account.roles, claims }, keys.current(), clock)
    },
    principalOf: (account, scopes) =>
      freeze({ id: account.id, issuer, scopes, roles: account.roles, claims: ownClaims(account) }),
    published: () => keys.published(),
  }
  return {
    ...identity,
    cookies: new CookieSessions({ ...identity, client: `${issuer} cookie`, clock }),
    apiKeys: new ApiKeyVerifier(identity, clock),
  }
}

const ownClaims = ({ claims }: Account) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !reserved.has(name)))
