/** `settings.database`: where accounts and their sessions are kept, and with which keys their fields are sealed. */

import { readDuration } from '../../core/duration.ts'
import { itemsOf } from '../../core/expression.ts'
import { array, type Infer, object, string, union } from '../../schema/builder.ts'
import { duration } from '../../schema/quantity.ts'
import type { DatabaseSettings } from '../database/settings.ts'
import { readDatabaseTarget } from '../database/target.ts'
import { readSecret } from '../keys/hmac-secret.ts'
import { outgoingTls } from '../tls/outgoing.ts'
import type { UserInfo } from '../user-info.ts'

const databaseSchema = object(
  {
    url: string({
      minLength: 1,
      description: '`sqlite:PATH`, or `postgres://USER@HOST/DATABASE`.',
      examples: ['sqlite:data/portcullis.db'],
    }),
    'username?': string({ minLength: 1, description: 'Who calls Postgres; the user of the url unless told.' }),
    'password?': string({
      minLength: 1,
      description: 'The password of that user, as it is: nothing of it has to be escaped.',
      examples: ['${secret:database}'],
    }),
    'fieldKeys?': array(string({ minLength: 1, examples: ['${secret:field-key}'] }), {
      minItems: 1,
      maxItems: 8,
      description:
        'What sensitive columns are sealed with: the first one from now on, the others were used before. In development a key is made where there is none.',
    }),
    ...outgoingTls,
    'deadline?': duration('After this time an answer is none; 5s unless told.', '5s'),
  },
  { description: 'The durable store, with its keys.' },
)

export const databaseSettingsSchema = union(
  [string({ minLength: 1, description: '`sqlite:PATH`, or `postgres://USER@HOST/DATABASE`.' }), databaseSchema],
  {
    description:
      'Where accounts and their sessions are kept: `sqlite:data/portcullis.db` unless told. It is opened only where an issuer has `refreshTtl`.',
    examples: ['sqlite:data/portcullis.db'],
  },
)

export type WrittenDatabase = Infer<typeof databaseSettingsSchema>
export type DatabaseBlock = Infer<typeof databaseSchema>

/** With every default filled in. */
export interface AccountSettings extends DatabaseSettings {
  /** The current field key first; none where one is made. */
  readonly fieldKeys: readonly Buffer[]
}

/** The settings as an object. */
export const databaseBlock = (written: WrittenDatabase = 'sqlite:data/portcullis.db'): DatabaseBlock =>
  typeof written === 'string' ? { url: written } : written

/** Fills in the defaults; none for a url that is still to be filled in. */
export function readDatabaseSettings(written: WrittenDatabase | undefined): AccountSettings | undefined {
  const { url, fieldKeys, username, password, deadline = '5s', ...tls } = databaseBlock(written)
  const target = readDatabaseTarget(url)
  if (typeof target === 'string') return undefined
  return {
    target: target.kind === 'sqlite' ? target : { ...target, ...callerOf(target, { username, password }) },
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    serverName: tls.serverName,
    deadline: readDuration(deadline),
    fieldKeys: itemsOf(fieldKeys).flatMap((key) => readSecret(key) ?? []),
  }
}

/** Those of the url are for whom the block does not name. */
const callerOf = (ofUrl: UserInfo, { username = ofUrl.username, password = ofUrl.password }: UserInfo): UserInfo => ({
  username,
  password,
})
