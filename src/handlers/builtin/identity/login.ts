/** `builtin: login`: a name and its password begin a session; who is unknown learns nothing, and no sooner. */

import type { Answer } from '../../../core/answer.ts'
import { Denial } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import type { Builtin } from '../about.ts'
import { inputOf, type LoginBody, loginBody } from './bodies.ts'
import { credentialsInvalid, identityOf, record, tokensOf } from './identity-route.ts'
import { prove } from './prove.ts'
import { tokenAnswer } from './token-answer.ts'

export const login: Builtin = {
  answers: tokenAnswer,
  refusals: ['credentials_invalid', 'account_locked', 'state_unavailable', 'overloaded'],
  implies: inputOf(loginBody),
  compile(services) {
    const identity = identityOf(services)
    return async function loginDestination(exchange) {
      exchange.event = { name: 'auth.failed' }
      const result = await identity.attempt(() => logIn(exchange, identity))
      identity.tally.logins.add({ outcome: outcomeOf(result) })
      return result
    }
  },
}

async function logIn(exchange: Exchange, identity: Identity) {
  const { username, password: typed } = exchange.input.body as LoginBody
  const { sessions } = identity.store
  const account = await prove(exchange, identity, { username, typed })
  if ('code' in account) return account
  const begun = await sessions.begin({
    account,
    client: identity.client,
    scopes: identity.scopesOf(account),
    details: { address: exchange.address, agent: (exchange.ctx.req.headers['user-agent'] ?? '').slice(0, 200) },
    rules: identity.rules,
  })
  if (begun === undefined) return credentialsInvalid(`account ${account.id} was changed meanwhile`)
  record(exchange, identity, { name: 'auth.login', account: account.id, session: begun.session.id })
  return tokensOf(identity, account, begun)
}

function outcomeOf(result: Answer | Denial): string {
  if (!(result instanceof Denial)) return 'ok'
  if (result.code === 'credentials_invalid') return 'failed'
  return result.code === 'account_locked' ? 'locked' : 'unavailable'
}
