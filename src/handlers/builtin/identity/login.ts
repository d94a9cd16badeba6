/** `builtin: login`: a name and its password begin a session; who is unknown learns nothing, and no sooner. */

import type { Answer } from '../../../core/answer.ts'
import { Denial } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Account } from '../../../services/accounts/account.ts'
import type { Begun } from '../../../services/accounts/refresh/sessions.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import type { Services } from '../../../services/services.ts'
import type { Builtin } from '../about.ts'
import { inputOf, type LoginBody, loginBody } from './bodies.ts'
import { credentialsInvalid, identityOf, record, revokeSessions, tokensOf } from './identity-route.ts'
import { prove } from './prove.ts'
import { tokenAnswer } from './token-answer.ts'

/** How a session is handed out. */
interface Giving {
  readonly answers: Builtin['answers']
  /** Its own, beside those of every login. */
  readonly refusals?: Builtin['refusals']
  /** Who is refused before the password is looked at. */
  refuse?(exchange: Exchange): Denial | undefined
  /** Blocks beside `input` that hold where none are written. */
  readonly implies?: Builtin['implies']
  /** Who asks for it, and is the only one that it is good for. */
  clientOf(identity: Identity): string
  give(exchange: Exchange, started: Started, services: Services): Answer | Promise<Answer>
}

export interface Started extends Begun {
  readonly identity: Identity
  readonly account: Account
}

/** Keeps the one way in for every form of it. */
export const defineLogin = ({ answers, refusals = [], refuse, implies, clientOf, give }: Giving): Builtin => ({
  answers,
  refusals: ['credentials_invalid', 'account_locked', 'state_unavailable', 'overloaded', ...refusals],
  implies: { ...inputOf(loginBody), ...implies },
  compile(services) {
    const identity = identityOf(services)
    return async function loginDestination(exchange) {
      const refused = refuse?.(exchange)
      if (refused !== undefined) return refused
      exchange.event = { name: 'auth.failed' }
      const result = await identity.attempt(async () => {
        const started = await logIn(exchange, identity, clientOf(identity))
        if (started instanceof Denial) return started
        await revokeSessions(started.ended, identity, services)
        return give(exchange, started, services)
      })
      identity.tally.logins.add({ outcome: outcomeOf(result) })
      return result
    }
  },
})

export const login = defineLogin({
  answers: tokenAnswer,
  clientOf: ({ client }) => client,
  give: (_, { identity, account, ...begun }) => tokensOf(identity, account, begun),
})

async function logIn(exchange: Exchange, identity: Identity, client: string): Promise<Started | Denial> {
  const { username, password: typed } = exchange.input.body as LoginBody
  const { sessions } = identity.store
  const account = await prove(exchange, identity, { username, typed })
  if ('code' in account) return account
  const begun = await sessions.begin({
    account,
    client,
    scopes: identity.scopesOf(account),
    details: { address: exchange.address, agent: (exchange.ctx.req.headers['user-agent'] ?? '').slice(0, 200) },
    rules: identity.rules,
    revoked: identity.revoked,
  })
  if (begun === undefined) return credentialsInvalid(`account ${account.id} was changed meanwhile`)
  record(exchange, identity, { name: 'auth.login', account: account.id, session: begun.session.id })
  return { ...begun, identity, account }
}

function outcomeOf(result: Answer | Denial): string {
  if (!(result instanceof Denial)) return 'ok'
  if (result.code === 'credentials_invalid') return 'failed'
  return result.code === 'account_locked' ? 'locked' : 'unavailable'
}
