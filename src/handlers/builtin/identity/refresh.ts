/** `builtin: refresh`: a refresh token is used up for another one; one that was used before ends its session (RFC 9700 §4.14.2). */

import { Denial } from '../../../core/denial.ts'
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
    return async function refreshDestination(exchange) {
      exchange.event = { name: 'auth.failed' }
      const result = await identity.attempt(() => goOn(exchange, identity, services))
      if (result instanceof Denial && result.status === 503) identity.tally.refreshes.add({ outcome: 'unavailable' })
      return result
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
    return refuse(exchange, { reason: 'disabled', session, isFamilyEnded: false }, { identity, services })
  const allowed = identity.scopesOf(account)
  const scopes = session.scopes.filter((scope) => allowed.includes(scope))
  identity.tally.refreshes.add({ outcome: used.isRepeat ? 'repeated' : 'ok' })
  record(exchange, identity, { name: 'auth.refreshed', account: account.id, session: session.id })
  return tokensOf(identity, account, { token: used.token, session: { ...session, scopes } })
}

const isRefused = (used: Rotated | Refused): used is Refused => 'reason' in used

interface Parts {
  readonly identity: Identity
  readonly services: Services
}

async function refuse(exchange: Exchange, { reason, session, isFamilyEnded }: Refused, { identity, services }: Parts) {
  identity.tally.refreshes.add({ outcome: reason })
  if (session === undefined) return tokenInvalid('nobody knows this refresh token')
  if (isFamilyEnded) {
    record(exchange, identity, { name: 'auth.reused', account: session.account, session: session.id, because: reason })
    await revokeSessions([session.id], identity, services)
  }
  return tokenInvalid(`refresh token of session ${session.id}: ${reason}`)
}
