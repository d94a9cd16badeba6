/** `settings.tls` of policies in force, read again by itself: a certificate that is renewed waits for no policy. */

import type { Diagnostic } from '../core/diagnostic.ts'
import type { SecretPool } from '../services/secrets/pool.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import { checkTlsSettings } from '../services/tls/check-settings.ts'
import { readTlsSettings, type TlsSettings } from '../services/tls/settings.ts'
import { type Finding, locate, refuseErrors } from './findings.ts'
import { judge } from './misfit.ts'
import { place } from './place.ts'
import type { Policy, Reference, WrittenFile } from './policy.ts'
import { filesOf, fillReferences, type Known, resolveReferences } from './references.ts'
import { allRules } from './rules/index.ts'
import { noSecrets, secretSettings } from './secret-settings.ts'
import { settingsShape, type Tree } from './shapes.ts'
import { below, type Place } from './source.ts'

export interface TlsSource {
  /** The paths of the files that it is read from. */
  readonly files: readonly string[]
  /**
   * Reads its files and secrets. Rejects with `PolicyRefused` where a certificate is not fit to be shown, with `StartFault`
   * where a secret cannot be had now.
   */
  read(): Promise<TlsSettings>
}

/** Whether a reference is one of `settings.tls`. */
export const isOfTls = ({ at: { path } }: Reference): boolean => path[0] === 'settings' && path[1] === 'tls'

/** None where the server speaks plain HTTP. */
export function tlsSource(checked: Policy, pool: SecretPool): TlsSource | undefined {
  const written = checked.written.find(({ tree }) => treeOf(tree) !== undefined)
  if (written === undefined) return undefined
  const references = checked.references.filter(isOfTls)
  return {
    files: filesOf(references),
    read: () => withSecrets(checked, pool, (secrets) => readAgain(written, references, secrets)),
  }
}

const treeOf = (tree: unknown): unknown => ((tree as Tree | null)?.settings as Tree | null | undefined)?.tls

async function withSecrets<T>(checked: Policy, pool: SecretPool, run: (secrets: Secrets) => Promise<T>): Promise<T> {
  if (!checked.references.some((reference) => isOfTls(reference) && reference.kind === 'secret')) return run(noSecrets)
  const reading = await pool.open(await secretSettings(checked))
  return run(reading).finally(() => reading.close())
}

async function readAgain(
  { at, tree }: WrittenFile,
  references: readonly Reference[],
  secrets: Secrets,
): Promise<TlsSettings> {
  const missing: Diagnostic[] = []
  const report = (finding: Finding) => void missing.push(locate(finding, allRules))
  const known = await resolveReferences(references, secrets, report)
  refuseErrors(missing)
  return judgeTls(fillTls(tree, at, known), below(at, 'settings'))
}

const fillTls = (tree: unknown, at: Place, known: Known): unknown =>
  fillReferences(treeOf(tree), below(at, 'settings', 'tls'), known)

/** Its shape was found sound; what was filled in may not be. */
function judgeTls(tls: unknown, at: Place): TlsSettings {
  const misfits: Finding[] = []
  const shaped = judge(settingsShape, { tls }, at, (finding) => void misfits.push(finding))
  const written = shaped?.tls
  const faults = [...misfits, ...place(checkTlsSettings(written), { at, owner: '' })]
  refuseErrors(faults.map((finding) => locate(finding, allRules)))
  const read = readTlsSettings(written)
  if (read === undefined) throw new TypeError('expected settings of TLS')
  return read
}
