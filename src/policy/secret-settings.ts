/** Where the secrets of policies come from, known before any of them is read. */

import { checkSecretSettings } from '../services/secrets/check-settings.ts'
import { Secret } from '../services/secrets/secret.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import { readSecretSettings } from '../services/secrets/settings.ts'
import { type Finding, locate, refuseErrors } from './findings.ts'
import { judge } from './misfit.ts'
import { place } from './place.ts'
import type { Policy, Reference } from './policy.ts'
import { fillReferences, type Known, resolveReferences } from './references.ts'
import { allRules } from './rules/index.ts'
import type { Settings } from './settings.ts'
import { settingsShape, type Tree } from './shapes.ts'
import { below, type Place } from './source.ts'

/** For references that are none to secrets. */
export const noSecrets: Secrets = { read: async (name) => new Secret(name, '') }

/** It may itself stand in the environment and in files. Throws `PolicyRefused`, before a secret is asked for in vain. */
export async function secretSettings({ written, references }: Policy): Promise<Settings['secrets']> {
  const file = written.find(({ tree }) => treeOf(tree) !== undefined)
  if (file === undefined) return readSecretSettings()
  const missing: Finding[] = []
  const known = await resolveReferences(references.filter(isOfSecrets), noSecrets, (finding) => missing.push(finding))
  refuse(missing)
  return judgeSecrets(fillSecrets(file.tree, file.at, known), below(file.at, 'settings'))
}

const isOfSecrets = ({ at: { path } }: Reference): boolean => path[0] === 'settings' && path[1] === 'secrets'

const treeOf = (tree: unknown): unknown => ((tree as Tree | null)?.settings as Tree | null | undefined)?.secrets

const fillSecrets = (tree: unknown, at: Place, known: Known): unknown =>
  fillReferences(treeOf(tree), below(at, 'settings', 'secrets'), known)

const refuse = (findings: readonly Finding[]): void => refuseErrors(findings.map((each) => locate(each, allRules)))

/** Its shape was found sound; what was filled in may not be. */
function judgeSecrets(secrets: unknown, at: Place): Settings['secrets'] {
  const misfits: Finding[] = []
  const written = judge(settingsShape, { secrets }, at, (finding) => misfits.push(finding))?.secrets
  refuse([...misfits, ...place(checkSecretSettings(written), { at, owner: '' })])
  return readSecretSettings(written)
}
