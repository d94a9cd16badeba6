/** `builtin: session`: the caller ends one session of its own, by the id that `sessions` tells. */

import type { Answer } from '../../../core/answer.ts'
import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import type { Services } from '../../../services/services.ts'
import type { Builtin } from '../about.ts'
import { identityOf, noContent, record, revokeSessions } from './identity-route.ts'

export const session: Builtin = {
  answers: { 204: { description: 'The session has ended, and its tokens are good no longer.' } },
  refusals: ['not_found', 'state_unavailable'],
  compile(services) {
    const identity = identityOf(services)
    return (exchange) => identity.attempt(() => end(exchange, identity, services))
  },
}

/** One that has ended, and one of somebody else, are not there. */
const unknown = deny('not_found')

async function end(exchange: Exchange, identity: Identity, services: Services): Promise<Answer | Denial> {
  const [id, account] = [String(exchange.input.params.id), exchange.principal.id]
  if (!(await identity.store.sessions.end({ id, account }, 'revoked', identity.revoked))) return unknown
  await revokeSessions([id], identity, services)
  record(exchange, identity, { name: 'auth.logout', account, session: id, sessions: 1 })
  return noContent
}
