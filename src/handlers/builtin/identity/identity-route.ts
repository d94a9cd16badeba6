/** What the identity routes have in common: the accounts of this server, and the answers that say nothing of them. */

import type { Answer } from '../../../core/answer.ts'
import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import { StartFault } from '../../../core/start-fault.ts'
import type { Account } from '../../../services/accounts/account.ts'
import type { Session } from '../../../services/accounts/refresh/session.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import { forgetSession, sessionChallenge } from '../../../services/identity/session-cookie.ts'
import { RevocationsFull } from '../../../services/revocation/revocation.ts'
import { type Order, revoke } from '../../../services/revocation/revoke.ts'
import type { Services } from '../../../services/services.ts'
import { jsonAnswer } from '../json-answer.ts'

/** `check` made sure that there is one. */
export function identityOf({ identity }: Services): Identity {
  if (identity === undefined) throw new StartFault('no `builtin` issuer has `refreshTtl`, and only its accounts log in')
  return identity
}

/** It is done, and there is nothing to say of it. */
export const noContent: Answer = Object.freeze({ status: 204, headers: Object.freeze(['Cache-Control', 'no-store']) })

const noContentAndForgotten: Answer = Object.freeze({
  ...noContent,
  headers: Object.freeze([...noContent.headers, 'Set-Cookie', forgetSession]),
})

/** The same for an unknown account, a wrong password, and an account that may not log in. */
export const credentialsInvalid = (cause: string): Denial =>
  deny('credentials_invalid', { headers: ['WWW-Authenticate', 'Bearer'], cause })

export const tokenInvalid = (cause: string): Denial =>
  deny('token_invalid', { headers: ['WWW-Authenticate', 'Bearer error="invalid_token"'], cause })

/** The caller is no account that may log in, whatever it showed. */
export const callerInvalid = ({ credentialCookies }: Exchange, cause: string): Denial =>
  credentialCookies.length === 0
    ? tokenInvalid(cause)
    : deny('credential_invalid', {
        headers: ['WWW-Authenticate', sessionChallenge, 'Set-Cookie', forgetSession],
        cause,
      })

/** The session that it came with is over; a browser forgets it. */
export const goodbye = ({ credentialCookies }: Exchange): Answer =>
  credentialCookies.length === 0 ? noContent : noContentAndForgotten

/** What a client gets of a session (RFC 6749 §5.1). */
export const tokensOf = (identity: Identity, account: Account, { token, session }: Tokens) =>
  jsonAnswer(200, {
    access_token: identity.mint(account, session),
    token_type: 'Bearer',
    expires_in: Math.floor(identity.accessTtl / 1_000),
    refresh_token: token,
    scope: session.scopes.join(' '),
  })

interface Tokens {
  readonly token: string
  readonly session: Pick<Session, 'id' | 'scopes' | 'createdAt'>
}

/** Puts on record whose request it was, and what it did. */
export function record(exchange: Exchange, { issuer }: Identity, given: Recorded): void {
  const { name, account, ...details } = given
  exchange.event = { name, details }
  if (account === undefined) return
  exchange.principal = Object.freeze({ id: account, issuer, scopes: [], roles: [], claims: {} })
}

interface Recorded {
  readonly name: 'auth.login' | 'auth.refreshed' | 'auth.reused' | 'auth.logout' | 'auth.password' | 'auth.failed'
  readonly account?: string
  readonly session?: string
  readonly sessions?: number
  readonly because?: string
}

/**
 * Access tokens of sessions that have ended are good no longer: here from now on, and on every node that the database or
 * Redis tells. Where there is no room to say so they live until they expire, which is not for long; the sessions have
 * ended all the same.
 */
export async function revokeSessions(ids: Iterable<string>, identity: Identity, services: Services): Promise<void> {
  const until = services.clock.now() + identity.accessTtl
  for (const id of new Set(ids)) await tryRevoke({ kind: 'session', issuer: identity.issuer, id, until }, services)
}

/** Whether there was room for it; that there was none is on record, and counted. */
export async function tryRevoke(order: Order, services: Services): Promise<boolean> {
  try {
    await revoke(order, services)
    return true
  } catch (error) {
    if (!(error instanceof RevocationsFull)) throw error
    services.metrics.revocations.refused++
    services.log.error(
      { kind: order.kind, reason: error.message },
      'no room for a revocation: access tokens live until they expire',
    )
    return false
  }
}
