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
}

/** Reads the references of `settings.database` and `settings.listen`, and no others. Throws `PolicyRefused`. */
export async function databaseSettings(checked: Policy, secrets: () => Promise<Secrets>): Promise<AccountPlace> {
  const wanted = checked.references.filter(isWanted)
  if (wanted.length === 0) return placeOf(checked)
  const found: Finding[] = []
  const known = await resolveReferences(wanted, await secrets(), (finding) => void found.push(finding))
  const { policy, diagnostics } = parseAgain(checked, known)
  const faults = conceal([...diagnostics, ...check(policy)], wanted, known)
  refuseErrors(sortDiagnostics([...found.map((finding) => locate(finding, parseRules)), ...faults]))
  return placeOf(policy)
}

const isWanted = ({ at: { path } }: Reference): boolean =>
  path[0] === 'settings' && (path[1] === 'database' || path[1] === 'listen')

function placeOf({ settings }: Policy): AccountPlace {
  const read = readSettings(settings[0]?.value)
  return { settings: read.database, development: isDevelopment(read) }
}
