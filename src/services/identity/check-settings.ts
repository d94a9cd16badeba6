/** Finds what is wrong with `settings.database` beyond its schema; what is filled in at opening is judged then. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault } from '../../core/diagnostic.ts'
import { hasReference, itemsOf } from '../../core/expression.ts'
import { type DatabaseTarget, nameOf, readDatabaseTarget } from '../database/target.ts'
import { findWeakness, readSecret } from '../keys/hmac-secret.ts'
import { checkOutgoing } from '../tls/check-outgoing.ts'
import { type DatabaseBlock, databaseBlock, type WrittenDatabase } from './settings.ts'
import type { databaseSettingsRules } from './settings-rules.ts'

/** No message quotes the url, a password or a key. */
export function checkDatabaseSettings(written: WrittenDatabase | undefined): readonly Fault[] {
  if (written === undefined) return []
  const block = databaseBlock(written)
  const target = hasReference(block.url) ? undefined : readDatabaseTarget(block.url)
  return [
    ...checkTarget(target, typeof written === 'string' ? [] : ['url']),
    ...(typeof target === 'object' ? checkCaller(block, target) : []),
    ...checkTls(block, target),
    ...itemsOf(block.fieldKeys).flatMap(checkFieldKey),
  ]
}

const databaseFault = (rule: keyof typeof databaseSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['database', ...path],
  message,
})

function checkTarget(target: DatabaseTarget | string | undefined, at: Fault['path']): readonly Fault[] {
  if (target === undefined) return []
  if (typeof target === 'string') return [databaseFault('settings/invalid-database', at, target)]
  if (target.kind === 'sqlite' || target.isEncrypted || isLoopbackHost(target.host)) return []
  const message = `what is asked of \`${nameOf(target)}\` leaves this machine in clear`
  return [databaseFault('settings/plain-database', at, message)]
}

function checkCaller(block: DatabaseBlock, { kind }: DatabaseTarget): readonly Fault[] {
  if (kind === 'postgres') return []
  const unused = (['username', 'password'] as const).filter((name) => block[name] !== undefined)
  return unused.map((name) => ({
    ...databaseFault('settings/database-unused', [name], `\`${name}\` is of no use with \`sqlite:\``),
    onKey: true,
  }))
}

const checkTls = (block: DatabaseBlock, target: DatabaseTarget | string | undefined): readonly Fault[] =>
  checkOutgoing(block, {
    path: ['database'],
    plain: typeof target === 'object' ? plainName(target) : undefined,
    rules: { unused: 'settings/database-unused', certificate: 'settings/database-certificate' },
  })

/** What the url says that leaves nothing to be certified. */
function plainName(target: DatabaseTarget): string | undefined {
  if (target.kind === 'sqlite') return 'sqlite:'
  return target.isEncrypted ? undefined : 'sslmode=disable'
}

function checkFieldKey(key: string, index: number): readonly Fault[] {
  if (hasReference(key)) return []
  const bytes = readSecret(key)
  const message = bytes === undefined ? 'expected base64 after `base64:`' : findWeakness(bytes)
  return message === undefined ? [] : [databaseFault('settings/weak-field-key', ['fieldKeys', index], message)]
}
