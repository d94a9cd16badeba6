/** `settings.audit`: where the log lies, how safely it is written, and who else learns of it. */

import type { KeyObject } from 'node:crypto'
import { readDuration, readSize } from '../../core/duration.ts'
import { array, type Infer, integer, object, string, union, word } from '../../schema/builder.ts'
import { duration, size } from '../../schema/quantity.ts'
import { readSecret } from '../keys/hmac-secret.ts'
import { outgoingTls } from '../tls/outgoing.ts'
import { eventPattern, eventTitle } from './events.ts'
import { readSigningKey } from './signing-key.ts'

const webhook = object(
  {
    url: string({ minLength: 1, description: 'Where each head is posted to.', examples: ['https://witness.example'] }),
    'token?': string({ minLength: 1, description: 'Sent as a bearer token.' }),
    ...outgoingTls,
  },
  { description: 'Posts each head, as text.' },
)

const redis = object(
  {
    url: string({ minLength: 1, description: 'The server, as `rediss://` or `redis://`.' }),
    'stream?': string({
      minLength: 1,
      maxLength: 256,
      description: 'The name of the stream; `portcullis:heads` unless told.',
      examples: ['portcullis:heads'],
    }),
    ...outgoingTls,
  },
  { description: 'Adds each head to a stream.' },
)

const syslog = object(
  {
    host: string({ minLength: 1, maxLength: 253, description: 'Who collects the records.' }),
    'port?': integer({ minimum: 1, maximum: 65535, description: '6514 unless told.', examples: [6514] }),
    ...outgoingTls,
  },
  { description: 'Sends each record over TLS (RFC 5425).' },
)

const target = object({ 'webhook?': webhook, 'redis?': redis }, { minProperties: 1, maxProperties: 1 })

export const auditLogSchema = object(
  {
    'dir?': string({
      pattern: '^[^\\x00]+$',
      title: 'a folder',
      description: 'Where the logs lie, from the working directory; `data/audit` unless told.',
    }),
    'fsync?': word(['batch', 'always', 'os'], {
      description:
        '`batch` has many records on disk with one flush, `always` flushes each; `os` leaves it to the system, ' +
        'so that a power cut loses the last ones; `batch` unless told.',
    }),
    'rotate?': object(
      {
        'size?': size('At this size; 100mb unless told.', '100mb'),
        'every?': duration('After this time; 1d unless told.', '1d'),
      },
      { description: 'When the next file begins.' },
    ),
    'retain?': duration('How long closed files are kept; for ever unless told.', '400d'),
    'events?': array(string({ pattern: eventPattern, title: eventTitle }), {
      uniqueItems: true,
      description: 'Names of your own for `audit.action`.',
      examples: [['order.create']],
    }),
    'key?': string({
      minLength: 1,
      description:
        'The private key that signs the heads: Ed25519, PKCS#8 in PEM; what follows `base64:` is decoded. ' +
        'Made beside the log unless told.',
    }),
    'pseudonymKey?': string({
      minLength: 1,
      description: 'The key of pseudonyms; what follows `base64:` is decoded. Derived from `key` unless told.',
    }),
    'heads?': object(
      {
        'every?': duration('How often a head is signed while records come; 1m unless told.', '1m'),
        'publish?': array(union([word(['stdout']), target]), {
          uniqueItems: true,
          maxItems: 8,
          description: 'Where heads go, out of reach of who rewrites the log: `stdout`, `webhook`, `redis`.',
        }),
      },
      { description: 'Heads: the signed state of the log, by which it is proved.' },
    ),
    'copies?': array(union([word(['stdout']), object({ syslog })]), {
      uniqueItems: true,
      maxItems: 8,
      description: 'Where records are copied to: `stdout`, `syslog`.',
    }),
  },
  { description: 'The log of this server.' },
)

export const auditSettingsSchema = union([word(['off'], { description: 'Keeps no log.' }), auditLogSchema], {
  description: 'The audit log.',
})

export type WrittenAudit = Infer<typeof auditSettingsSchema>
export type WrittenAuditLog = Infer<typeof auditLogSchema>

export type WrittenTarget = Infer<typeof target>

export type HeadTarget =
  | 'stdout'
  | { readonly webhook: Infer<typeof webhook> }
  | { readonly redis: Infer<typeof redis> }
export type CopyTarget = 'stdout' | { readonly syslog: Infer<typeof syslog> & { readonly port: number } }

/** With every default filled in; milliseconds and bytes. */
export interface AuditSettings {
  /** Whether the policies have the section; `serve` keeps a log without it as well. */
  readonly isWritten: boolean
  readonly dir: string
  readonly fsync: 'batch' | 'always' | 'os'
  readonly rotate: { readonly bytes: number; readonly milliseconds: number }
  /** For ever where there is none. */
  readonly retain: number | undefined
  readonly key: KeyObject | undefined
  readonly pseudonymKey: Buffer | undefined
  readonly heads: { readonly every: number; readonly publish: readonly HeadTarget[] }
  readonly copies: readonly CopyTarget[]
}

/** Fills in the defaults; none for `off`. */
export function readAuditSettings(written: WrittenAudit | undefined): AuditSettings | undefined {
  if (written === 'off') return undefined
  const { dir, fsync, rotate, retain, key, pseudonymKey, heads, copies }: WrittenAuditLog = written ?? {}
  return {
    isWritten: written !== undefined,
    dir: dir ?? 'data/audit',
    fsync: fsync ?? 'batch',
    rotate: { bytes: readSize(rotate?.size ?? '100mb'), milliseconds: readDuration(rotate?.every ?? '1d') },
    retain: retain === undefined ? undefined : readDuration(retain),
    key: key === undefined ? undefined : readSigningKey(key),
    pseudonymKey: pseudonymKey === undefined ? undefined : readSecret(pseudonymKey),
    heads: { every: readDuration(heads?.every ?? '1m'), publish: (heads?.publish ?? []) as readonly HeadTarget[] },
    copies: (copies ?? []).map((copy) =>
      copy === 'stdout' ? copy : { syslog: { ...copy.syslog, port: copy.syslog.port ?? 6514 } },
    ),
  }
}
