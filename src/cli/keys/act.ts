/** What `portcullis keys` does with the keys that tokens are signed with, in the store that the policies name. */

import type { SigningKeyFacts } from '../../services/accounts/signing-keys.ts'
import type { NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { type KeyRules, readKeyRules } from '../../services/keys/stored/key-life.ts'
import { makeSigningKey } from '../../services/keys/stored/make-key.ts'
import { rolesOf, signsAtEarliest } from '../../services/keys/stored/upkeep.ts'
import { type Call, text } from '../command.ts'
import { atDesk, type Desk, policiesOf } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { storedIssuer } from './issuer-of.ts'

type Flags = Call['flags']
type Action = 'list' | 'rotate' | 'revoke'

interface Work {
  readonly desk: Desk
  readonly issuer: NamedIssuer
  readonly rules: KeyRules
  readonly keys: readonly SigningKeyFacts[]
}

/** The exit status. */
export async function act(action: Action, kid: string, flags: Flags): Promise<number> {
  const checked = policiesOf(flags)
  storedIssuer(checked.issuers, text(flags.issuer))
  return atDesk(checked, async (desk) => {
    const issuer = storedIssuer(desk.policy.issuers, text(flags.issuer))
    const keys = await desk.store.signingKeys.describe(issuer.name)
    const work = { desk, issuer, keys, rules: readKeyRules(issuer.value) }
    if (action === 'list') return list(keys)
    return action === 'rotate' ? rotate(work, flags.now === true) : revoke(work, kid)
  })
}

function list(keys: readonly SigningKeyFacts[]): number {
  for (const key of keys) process.stdout.write(`${lineOf(key)}\n`)
  return 0
}

const lineOf = ({ kid, algorithm, state, createdAt, signsFrom, signsUntil }: SigningKeyFacts): string =>
  [
    kid,
    algorithm,
    state,
    `made=${timeOf(createdAt)}`,
    `from=${signsFrom === undefined ? '' : timeOf(signsFrom)}`,
    `until=${signsUntil === undefined ? '' : timeOf(signsUntil)}`,
  ].join('\t')

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Servers read the keys every second or so. */
const seconds = 2

async function rotate({ desk, issuer, rules, keys }: Work, isForced: boolean): Promise<number> {
  const { store, operator } = desk
  const roles = rolesOf(keys)
  if (roles === undefined)
    return refuse(`issuer \`${issuer.name}\` has no keys yet: they are made when it first serves`)
  const { current, next } = roles
  const earliest = signsAtEarliest(next)
  if (!isForced && earliest > Date.now())
    return refuse(
      `\`${next.kid}\` comes next, and caches of the published keys may not have it before ${timeOf(earliest)}: rotate then, or with \`--now\``,
    )
  const fresh = await makeSigningKey(rules.algorithms[0])
  const isDone = await store.signingKeys.rotate(issuer.name, { from: current.kid, to: next.kid, fresh }, operator)
  if (!isDone) return refuse(`\`${current.kid}\` signs no more: somebody else was faster`)
  return say(next.kid, `signs from now on, on every server within ${seconds} seconds; \`${fresh.kid}\` comes next`)
}

const effects = {
  current: `is revoked, and \`NEXT\` signs: tokens that it has signed are refused everywhere within ${seconds} seconds`,
  next: 'is revoked before it has signed, and another key comes next',
  previous: `is revoked: tokens that it has signed are refused everywhere within ${seconds} seconds`,
} as const

async function revoke({ desk, issuer, rules }: Work, kid: string): Promise<number> {
  const { store, operator } = desk
  const fresh = await makeSigningKey(rules.algorithms[0])
  const state = await store.signingKeys.revoke(issuer.name, { from: kid, fresh }, operator)
  if (state === undefined) return refuse(`issuer \`${issuer.name}\` has no key \`${printable(kid)}\``)
  const signing = rolesOf(await store.signingKeys.describe(issuer.name))?.current
  return say(kid, effects[state].replace('NEXT', signing?.kid ?? ''))
}
