/** Where the secrets of policies come from, known before any of them is read. */

import { Secret } from '../services/secrets/secret.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import type { Policy } from './policy.ts'
import { fillReferences, resolveReferences } from './references.ts'
import { readSettings, type Settings } from './settings.ts'
import { settingsShape, type Tree } from './shapes.ts'

/** For references that are none to secrets. */
export const noSecrets: Secrets = { read: async (name) => new Secret(name, '') }

/** Where secrets come from may itself stand in the environment. */
export async function secretSettings({ written, references }: Policy): Promise<Settings['secrets']> {
  const known = await resolveReferences(
    references.filter(({ kind }) => kind === 'env'),
    noSecrets,
    () => {},
  )
  const trees = written.map(({ at, tree }) => (fillReferences(tree, at, known) as Tree | null)?.settings)
  const { secrets } = (trees.find((settings) => settings !== undefined) ?? {}) as Tree
  const checked = settingsShape.check(secrets === undefined ? {} : { secrets })
  return readSettings(checked.errors ? undefined : checked.value).secrets
}
