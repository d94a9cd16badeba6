/** `settings.database`: where accounts and their sessions are kept, and with which keys their fields are sealed. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault, Rules } from '../../core/diagnostic.ts'
import { readDuration } from '../../core/duration.ts'
import { hasReference } from '../../core/expression.ts'
import { array, type Infer, object, string, union } from '../../schema/builder.ts'
import { duration } from '../../schema/quantity.ts'
import type { DatabaseSettings } from '../database/settings.ts'
import { nameOf, readDatabaseTarget } from '../database/target.ts'
import { findWeakness, readSecret } from '../keys/hmac-secret.ts'

export const databaseSettingsSchema = union(
  [
    string({ minLength: 1, description: '`sqlite:PATH`, or `postgres://USER@HOST/DATABASE`.' }),
    object(
      {
        url: string({
          minLength: 1,
          description: '`sqlite:PATH`, or `postgres://USER@HOST/DATABASE`.',
          examples: ['sqlite:data/portcullis.db'],
        }),
        'fieldKeys?': array(string({ minLength: 1, examples: ['${secret:field-key}'] }), {
          minItems: 1,
          maxItems: 8,
          description:
            'What sensitive columns are sealed with: the first one from now on, the others were used before. In development a key is made where there is none.',
        }),
        'ca?': string({ minLength: 1, description: 'The authority of its certificate, in PEM; for Postgres alone.' }),
        'serverName?': string({ minLength: 1, description: 'The name in its certificate; its host unless told.' }),
        'deadline?': duration('After this time an answer is none; 5s unless told.', '5s'),
      },
      { description: 'The durable store, with its keys.' },
    ),
  ],
  {
    description:
      'Where accounts and their sessions are kept: `sqlite:data/portcullis.db` unless told. It is opened only where an issuer has `refreshTtl`.',
    examples: ['sqlite:data/portcullis.db'],
  },
)

export type WrittenDatabase = Infer<typeof databaseSettingsSchema>

/** With every default filled in. */
export interface AccountSettings extends DatabaseSettings {
  /** The current field key first; none where one is made. */
  readonly fieldKeys: readonly Buffer[]
}

export const databaseSettingsRules: Rules = {
  'settings/invalid-database': {
    severity: 'error',
    cause: 'Accounts are kept in a file of SQLite, or in a database of Postgres, which alone has a certificate.',
    hint: 'write `sqlite:data/portcullis.db`, or `postgres://portcullis@db.internal/portcullis`',
  },
  'settings/plain-database': {
    severity: 'error',
    cause: 'Whoever listens on the way to the database reads who logs in, and can change what it answers.',
    hint: 'take `sslmode=disable` out of the url',
  },
  'settings/weak-field-key': {
    severity: 'error',
    cause: 'Whoever guesses the key reads the names and the password hashes of a stolen database.',
    hint: 'make one with `openssl rand -base64 32`',
  },
}

const asObject = (written: WrittenDatabase = 'sqlite:data/portcullis.db') =>
  typeof written === 'string' ? { url: written } : written

/** No message quotes the url or a key. */
export function checkDatabaseSettings(written: WrittenDatabase | undefined): readonly Fault[] {
  if (written === undefined) return []
  const { url, fieldKeys = [], ...tls } = asObject(written)
  const at = typeof written === 'string' ? ['database'] : ['database', 'url']
  return [...checkUrl(url, at), ...checkUnused(url, tls), ...fieldKeys.flatMap(checkFieldKey)]
}

function checkUrl(url: string, path: readonly string[]): readonly Fault[] {
  if (hasReference(url)) return []
  const target = readDatabaseTarget(url)
  if (typeof target === 'string') return [{ rule: 'settings/invalid-database', path, message: target }]
  if (target.kind === 'sqlite' || target.isEncrypted || isLoopbackHost(target.host)) return []
  const message = `what is asked of \`${nameOf(target)}\` leaves this machine in clear`
  return [{ rule: 'settings/plain-database', path, message }]
}

function checkUnused(url: string, tls: { readonly ca?: string; readonly serverName?: string }): readonly Fault[] {
  const unused = (['ca', 'serverName'] as const).filter((name) => url.startsWith('sqlite:') && tls[name] !== undefined)
  return unused.map((name) => ({
    rule: 'settings/invalid-database',
    path: ['database', name],
    message: `\`${name}\` is of no use with SQLite`,
    onKey: true,
  }))
}

function checkFieldKey(key: string, index: number): readonly Fault[] {
  if (hasReference(key)) return []
  const bytes = readSecret(key)
  const message = bytes === undefined ? 'expected base64 after `base64:`' : findWeakness(bytes)
  return message === undefined
    ? []
    : [{ rule: 'settings/weak-field-key', path: ['database', 'fieldKeys', index], message }]
}

/** Fills in the defaults; none for a url that is still to be filled in. */
export function readDatabaseSettings(written: WrittenDatabase | undefined): AccountSettings | undefined {
  const { url, fieldKeys = [], ca, serverName, deadline = '5s' } = asObject(written) as Extract<WrittenDatabase, object>
  const target = readDatabaseTarget(url)
  if (typeof target === 'string') return undefined
  return {
    target,
    ca,
    serverName,
    deadline: readDuration(deadline),
    fieldKeys: fieldKeys.flatMap((key) => readSecret(key) ?? []),
  }
}
