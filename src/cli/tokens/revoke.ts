/** `portcullis tokens revoke`: through the account store, which every server follows, or else the admin listener of one. */

import type { Policy } from '../../policy/policy.ts'
import type { Ended } from '../../services/accounts/outbox/revoke-by-command.ts'
import { isIdentityIssuer, type NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import { type Entry, sessionEntry, tokenEntry, userEntry } from '../../services/revocation/entry.ts'
import { type Call, UsageFault } from '../command.ts'
import { atDesk, type Desk, policiesOf } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { tellOfKeys } from '../users/live-keys.ts'
import { lastExpiry, revocationsOf } from '../users/revocations-of.ts'

export interface Wish {
  readonly kind: 'user' | 'session' | 'token'
  readonly id: string
  /** Whether the API keys of the account end, too. */
  readonly apiKeys: boolean
  /** Its name in the policies. */
  readonly issuer: string | undefined
  /** Milliseconds until the last of the tokens has expired. */
  readonly memory: number | undefined
}

/** The exit status. */
export async function revokeTokens(wish: Wish, flags: Call['flags']): Promise<number> {
  const policy = policiesOf(flags)
  if (wish.apiKeys && !isIdentityIssuer(issuerOf(policy, wish)))
    throw new UsageFault('expected `--api-keys` with an account of this server: nobody else has API keys')
  issuerOf(policy, wish)
  if (policy.issuers.some(isIdentityIssuer)) return atDesk(policy, (desk) => revokeInStore(desk, wish))
  return (await import('./revoke-by-admin.ts')).revokeByAdmin(policy, wish)
}

/** The one that is named; unless told that of the accounts, or the only one. */
export function issuerOf({ issuers }: Pick<Policy, 'issuers'>, { issuer: wanted }: Pick<Wish, 'issuer'>): NamedIssuer {
  const names = issuers.map(({ name }) => `\`${name}\``).join(', ')
  if (issuers.length === 0) throw new UsageFault('the policies name no issuer: there are no tokens to revoke')
  const [only, ...others] = issuers
  const usual = issuers.find(isIdentityIssuer) ?? (others.length === 0 ? only : undefined)
  const found = wanted === undefined ? usual : issuers.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  throw new UsageFault(
    wanted === undefined
      ? `expected \`--issuer\`, one of ${names}`
      : `expected \`--issuer\` to be one of ${names}, got \`${wanted}\``,
  )
}

async function revokeInStore({ store, operator, policy }: Desk, wish: Wish): Promise<number> {
  const issuer = issuerOf(policy, wish)
  const isOurs = isIdentityIssuer(issuer)
  const isAccount = isOurs && wish.kind === 'user'
  const account = isAccount ? await store.accounts.findByUsername(wish.id) : undefined
  if (isAccount && account === undefined) return refuse(`no account is named \`${printable(wish.id)}\``)
  const id = account?.id ?? wish.id
  const until = untilOf(issuer, wish)
  const details = { kind: wish.kind, issuer: issuerClaim(issuer.name, issuer.value), id, until: instant(until) }
  const ended = await store.revoke({
    operator,
    details,
    ...(account && { ends: { account: account.id, apiKeys: wish.apiKeys } }),
    ...(isOurs && wish.kind === 'session' && { ends: { session: id } }),
    revoked: account ? revocationsOf([issuer], account.id, { until }) : () => [entryOf(issuer, { ...wish, id }, until)],
  })
  if (account) await tellOfKeys({ store }, account)
  return report(wish, isOurs && wish.kind !== 'token' ? ended : undefined)
}

/** When the last of the tokens has expired; 30 days are remembered where nobody knows. */
export function untilOf(issuer: NamedIssuer, { memory }: Pick<Wish, 'memory'>): number | undefined {
  const now = Date.now()
  if (memory !== undefined) return now + memory
  return isIdentityIssuer(issuer) ? lastExpiry(issuer, now) : undefined
}

const instant = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()

const entries = { user: userEntry, session: sessionEntry, token: tokenEntry } as const

const entryOf = ({ name, value }: NamedIssuer, { kind, id }: Wish, until: number | undefined): Entry =>
  entries[kind](issuerClaim(name, value), id, { now: Date.now(), until })

const subjects = { user: 'the tokens of', session: 'the tokens of session', token: 'token' } as const

function report({ kind, id, apiKeys }: Wish, ended: Ended | undefined): number {
  const sessions = ended && `, and ${have(ended.sessions, 'session')} ended`
  const keys = apiKeys && ended && `, and ${have(ended.apiKeys, 'API key')} ended`
  const verb = kind === 'token' ? 'is' : 'are'
  process.stdout.write(
    `${subjects[kind]} \`${printable(id)}\` ${verb} revoked${sessions || ''}${keys || ''}: it holds within 2 seconds on every server\n`,
  )
  return 0
}

const have = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? ' has' : 's have'}`
