/** `builtin: password`: an account changes its password, under which every other session of it ends. */

import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Account } from '../../../services/accounts/account.ts'
import { Password, readPassword } from '../../../services/accounts/passwords/password.ts'
import { PasswordPolicy, type PasswordRule } from '../../../services/accounts/passwords/password-policy.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import type { Services } from '../../../services/services.ts'
import type { Builtin } from '../about.ts'
import { inputOf, type PasswordBody, passwordBody } from './bodies.ts'
import { callerInvalid, credentialsInvalid, identityOf, noContent, record, revokeSessions } from './identity-route.ts'
import { prove } from './prove.ts'

export const password: Builtin = {
  answers: { 204: { description: 'The password is another one, and every other session has ended.' } },
  refusals: [
    'credentials_invalid',
    'account_locked',
    'token_invalid',
    'credential_invalid',
    'input_invalid',
    'state_unavailable',
    'overloaded',
  ],
  implies: inputOf(passwordBody),
  compile(services) {
    const identity = identityOf(services)
    return function passwordDestination(exchange) {
      exchange.event = { name: 'auth.failed' }
      return identity.attempt(() => change(exchange, { identity, services }))
    }
  },
}

interface Parts {
  readonly identity: Identity
  readonly services: Services
}

async function change(exchange: Exchange, { identity, services }: Parts) {
  const { current, new: wanted } = exchange.input.body as PasswordBody
  const { id, claims } = exchange.principal
  const { accounts } = identity.store
  const account = await accounts.find(id)
  if (account === undefined) return callerInvalid(exchange, 'the credential stands for no account')
  const proved = await prove(exchange, identity, { username: account.username, typed: current })
  if ('code' in proved) return proved
  exchange.event = undefined
  // Its lists are loaded by the first who gets this far: they take 20 MB.
  const policy = await PasswordPolicy.open()
  const fresh = readPassword(wanted)
  const rule = fresh instanceof Password ? policy.check(fresh, { names: namesOf(account) }) : fresh
  if (!(fresh instanceof Password) || rule !== undefined) return refuse(rule ?? 'empty', policy)
  const hash = await identity.hasher.hash(fresh)
  const session = typeof claims.sid === 'string' ? claims.sid : undefined
  // Whoever proved a password that was changed meanwhile has proved nothing.
  const ended = await accounts.setPassword(proved, hash, { session, revoked: identity.revoked })
  if (ended === undefined) {
    exchange.event = { name: 'auth.failed' }
    return credentialsInvalid(`account ${id} was changed meanwhile`)
  }
  await revokeSessions(ended, identity, services)
  record(exchange, identity, { name: 'auth.password', account: id, sessions: ended.length })
  return noContent
}

const namesOf = ({ username, email }: Account): readonly string[] =>
  email === undefined ? [username] : [username, email]

/** Which rule it breaks, and never the password. */
const refuse = (rule: PasswordRule, policy: PasswordPolicy): Denial =>
  deny('input_invalid', { details: [{ in: 'body', path: '/new', rule, message: policy.explain(rule) }] })
