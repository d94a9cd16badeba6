/** Where policies keep accounts, for commands that open them without a server. */

import type { AccountSettings } from '../services/identity/settings.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import { check } from './check.ts'
import { conceal } from './conceal.ts'
import { type Finding, locate, refuseErrors, sortDiagnostics } from './findings.ts'
import { isDevelopment } from './open.ts'
import { parseAgain, parseRules } from './parse.ts'
import type { Policy, Reference } from './policy.ts'
import { resolveReferences } from './references.ts'
import { readSettings } from './settings.ts'

export interface AccountPlace {
  readonly settings: AccountSettings | undefined
  readonly development: boolean
  /** With the references filled in that were read. */
  readonly policy: Policy
}

/** Where in the policies a reference stands. */
type Path = Reference['at']['path']

/**
 * Reads the references of `settings.database` and `settings.listen`, those that say who issues tokens and for how long, and
 * no others but what `isWanted` names. Throws `PolicyRefused`.
 */
export async function databaseSettings(
  checked: Policy,
  secrets: () => Promise<Secrets>,
  isWanted: (path: Path) => boolean = () => false,
): Promise<AccountPlace> {
  const wanted = checked.references.filter(({ at: { path } }) => isOfAccounts(path) || isWanted(path))
  if (wanted.length === 0) return placeOf(checked)
  const found: Finding[] = []
  const known = await resolveReferences(wanted, await secrets(), (finding) => void found.push(finding))
  const { policy, diagnostics } = parseAgain(checked, known)
  const faults = conceal([...diagnostics, ...check(policy)], wanted, known)
  refuseErrors(sortDiagnostics([...found.map((finding) => locate(finding, parseRules)), ...faults]))
  return placeOf(policy)
}

const isOfAccounts = ([section, name, member]: Path): boolean =>
  section === 'settings'
    ? name === 'database' || name === 'listen'
    : section === 'issuers' && (member === 'issuer' || member === 'accessTtl')

function placeOf(policy: Policy): AccountPlace {
  const read = readSettings(policy.settings[0]?.value)
  return { settings: read.database, development: isDevelopment(read), policy }
}
