/** `builtin: refresh`: a refresh token is used up for another one; one that was used before ends its session (RFC 9700 §4.14.2). */

import type { Exchange } from '../../../core/exchange.ts'
import type { Refused, Rotated } from '../../../services/accounts/refresh/rotation.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import type { Services } from '../../../services/services.ts'
import type { Builtin } from '../about.ts'
import { inputOf, type RefreshBody, refreshBody } from './bodies.ts'
import { identityOf, record, revokeSessions, tokenInvalid, tokensOf } from './identity-route.ts'
import { tokenAnswer } from './token-answer.ts'

export const refresh: Builtin = {
  answers: tokenAnswer,
  refusals: ['token_invalid', 'state_unavailable'],
  implies: inputOf(refreshBody),
  compile(services) {
    const identity = identityOf(services)
    return function refreshDestination(exchange) {
      exchange.event = { name: 'auth.failed' }
      return identity.attempt(() => goOn(exchange, identity, services))
    }
  },
}

async function goOn(exchange: Exchange, identity: Identity, services: Services) {
  const { refresh_token: token } = exchange.input.body as RefreshBody
  const { sessions, accounts } = identity.store
  const used = await sessions.rotate(token, identity)
  if (isRefused(used)) return refuse(exchange, used, { identity, services })
  const { session } = used
  const account = await accounts.find(session.account)
  if (account === undefined || account.disabledAt !== undefined)
    return tokenInvalid(`account ${session.account} may not log in`)
  const allowed = identity.scopesOf(account)
  const scopes = session.scopes.filter((scope) => allowed.includes(scope))
  record(exchange, identity, { name: 'auth.refreshed', account: account.id, session: session.id })
  return tokensOf(identity, account, { token: used.token, session: { id: session.id, scopes } })
}

const isRefused = (used: Rotated | Refused): used is Refused => 'reason' in used

interface Parts {
  readonly identity: Identity
  readonly services: Services
}

async function refuse(exchange: Exchange, { reason, session, isFamilyEnded }: Refused, { identity, services }: Parts) {
  if (session === undefined) return tokenInvalid('nobody knows this refresh token')
  if (isFamilyEnded) {
    record(exchange, identity, { name: 'auth.reused', account: session.account, session: session.id, because: reason })
    await revokeSessions([session.id], identity, services)
  }
  return tokenInvalid(`refresh token of session ${session.id}: ${reason}`)
}
