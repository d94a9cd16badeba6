/** `portcullis users set`: another address, or other scopes, roles and claims, without ending a session. */

import type { Account } from '../../services/accounts/account.ts'
import type { Changed, Changes } from '../../services/accounts/change-account.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import { grantsEntry } from '../../services/revocation/entry.ts'
import { type Call, text, UsageFault } from '../command.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { readScopes } from '../scope-list.ts'
import { list, readClaims } from '../token.ts'
import { lastExpiry } from './revocations-of.ts'

type Flags = Call['flags']

/** What is left out stays as it is. Throws `UsageFault` where nothing is to be changed. */
export function readChanges(flags: Flags): Changes {
  const email = text(flags.email)
  const changes = {
    ...(email !== undefined && { email: email === '' ? null : email }),
    ...(flags.scopes !== undefined && { scopes: readScopes(flags.scopes) }),
    ...(flags.roles !== undefined && { roles: [...new Set(list(flags.roles))] }),
    ...((flags.claim ?? flags['drop-claim']) !== undefined && { claims: claimsOf(flags) }),
  }
  if (Object.keys(changes).length > 0) return changes
  throw new UsageFault('expected what to change: `--email`, `--scopes`, `--roles`, `--claim` or `--drop-claim`')
}

function claimsOf(flags: Flags): Account['claims'] {
  const [given, dropped] = [readClaims(flags.claim), flags['drop-claim'] ?? []]
  const both = (dropped as readonly string[]).find((name) => Object.hasOwn(given, name))
  if (both !== undefined)
    throw new UsageFault(`expected \`${printable(both)}\` after one of \`--claim\` and \`--drop-claim\``)
  return { ...given, ...Object.fromEntries((dropped as readonly string[]).map((name) => [name, undefined])) }
}

export async function setUser({ store, operator, policy }: Desk, name: string, flags: Flags): Promise<number> {
  const changes = readChanges(flags)
  const { id: account } = (await store.accounts.findByUsername(name)) ?? {}
  if (account === undefined) return refuse(`no account is named \`${printable(name)}\``)
  const now = Date.now()
  const revoked = (version: number) =>
    policy.issuers.filter(isIdentityIssuer).map((issuer) => {
      const times = { now, until: lastExpiry(issuer, now) }
      return grantsEntry(issuerClaim(issuer.name, issuer.value), account, { ...times, version })
    })
  const changed = await store.change({ account, changes, by: { operator, revoked } })
  if (changed === undefined) return refuse(`no account is named \`${printable(name)}\` any more`)
  if (changed === 'email')
    return refuse(`\`${printable(changes.email ?? '')}\` is the address of another account, or is none`)
  return say(name, sayOf(changed))
}

/** When it holds, in plain words. */
function sayOf({ before, account }: Changed): string {
  if (before === account) return 'is so already: nothing was done'
  const isOther = account.grantsVersion !== before.grantsVersion
  const tokens = isOther
    ? ': within 2 seconds its access tokens are good nowhere, and a refresh gives its sessions others; API keys follow as soon'
    : ''
  const isMore = account.scopes.some((scope) => !before.scopes.includes(scope))
  return `is changed${tokens}${isMore ? '; scopes that its sessions began without come with its next login' : ''}`
}
