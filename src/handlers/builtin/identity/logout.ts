/** `builtin: logout`: ends the session of the bearer token or of the cookie, and with `all` every one of the account. */

import type { Answer } from '../../../core/answer.ts'
import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import { tokenEntry } from '../../../services/revocation/entry.ts'
import type { Services } from '../../../services/services.ts'
import type { Builtin } from '../about.ts'
import { inputOf, type LogoutBody, logoutBody } from './bodies.ts'
import { goodbye, identityOf, record, revokeSessions, tryRevoke } from './identity-route.ts'

export const logout: Builtin = {
  answers: { 204: { description: 'The session has ended, and its tokens are good no longer.' } },
  refusals: ['state_unavailable'],
  implies: inputOf(logoutBody, false),
  compile(services) {
    const identity = identityOf(services)
    return (exchange) => identity.attempt(() => logOut(exchange, identity, services))
  },
}

async function logOut(exchange: Exchange, identity: Identity, services: Services): Promise<Answer | Denial> {
  const { id: account, claims } = exchange.principal
  const ended = new Set(await endStored(exchange, identity))
  if (typeof claims.sid === 'string' && !ended.has(claims.sid)) {
    // The session was over before its access token.
    await identity.store.revocations.keep(identity.revoked([claims.sid]))
    ended.add(claims.sid)
  }
  await revokeSessions(ended, identity, services)
  if (typeof claims.sid !== 'string' && typeof claims.jti === 'string') {
    const order = { kind: 'token', issuer: identity.issuer, id: claims.jti } as const
    if (!(await tryRevoke(order, services))) return stillGood
    await identity.store.revocations.keep([tokenEntry(order.issuer, order.id, { now: services.clock.now() })])
  }
  record(exchange, identity, { name: 'auth.logout', account, sessions: ended.size })
  return goodbye(exchange)
}

/** Of a token without a session nothing else ends it. */
const stillGood = deny('state_unavailable', {
  headers: ['Retry-After', '60'],
  cause: 'no room for the revocation of the token',
})

/** The ids of the sessions that were alive; those of others are left alone. */
async function endStored({ input, principal }: Exchange, { store, revoked }: Identity): Promise<readonly string[]> {
  const { all, refresh_token: token } = (input.body ?? {}) as LogoutBody
  const { id: account, claims } = principal
  if (all === true) return store.sessions.endAll(account, 'logout', { revoked })
  const named = token === undefined ? undefined : await store.sessions.findByToken(token)
  const ids = [claims.sid, named?.account === account ? named.id : undefined].filter((id) => typeof id === 'string')
  const ended: string[] = []
  for (const id of ids) if (await store.sessions.end({ id, account }, 'logout', revoked)) ended.push(id)
  return ended
}
