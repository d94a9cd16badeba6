/** `settings.secrets`: where secrets come from. */

import { readDuration } from '../../core/duration.ts'
import { type Infer, object, string, word } from '../../schema/builder.ts'
import { duration, durationOrNone, readDurationOrNone } from '../../schema/quantity.ts'
import { outgoingTls } from '../tls/outgoing.ts'

export const secretSettingsSchema = object(
  {
    provider: word(['env', 'file', 'aws'], {
      description: 'Where `${secret:NAME}` is read from: the environment, a folder, or AWS Secrets Manager.',
    }),
    'dir?': string({ description: 'The folder of the `file` provider, one file a secret.', minLength: 1 }),
    'region?': string({
      pattern: '^[a-z0-9-]{1,64}$',
      title: 'a region',
      description: 'The region of the `aws` provider; what the environment of the SDK says unless told.',
      examples: ['eu-central-1'],
    }),
    'endpoint?': string({
      minLength: 1,
      description: 'Where Secrets Manager is called, such as a VPC endpoint; the public one of the region unless told.',
      examples: ['https://vpce-0a1b2c.secretsmanager.eu-central-1.vpce.amazonaws.com'],
    }),
    'ca?': outgoingTls['ca?'],
    'refresh?': duration('How often the `aws` provider looks for rotated secrets; 5m unless told.', '5m'),
    'deadline?': duration('How long a start waits for Secrets Manager; 10s unless told.', '10s'),
    'overlap?': durationOrNone(
      'How long after a rotation tokens that are signed with the value before are accepted; 1h unless told.',
      '1h',
    ),
  },
  { description: 'Where secrets come from: the environment unless told.' },
)

export type WrittenSecrets = Infer<typeof secretSettingsSchema>

/** The settings with every default filled in; durations in milliseconds. */
export interface SecretSettings {
  readonly provider: 'env' | 'file' | 'aws'
  /** Of the `file` provider. */
  readonly dir: string
  /** Of the `aws` provider. */
  readonly region: string | undefined
  readonly endpoint: string | undefined
  /** PEM; stands in for the authorities that Node knows. */
  readonly ca: string | undefined
  readonly refresh: number
  readonly deadline: number
  /** How long the value before a rotation counts. */
  readonly overlap: number
}

/** Fills in the defaults. */
export const readSecretSettings = (written: WrittenSecrets = { provider: 'env' }): SecretSettings => ({
  provider: written.provider,
  dir: written.dir ?? '',
  region: written.region,
  endpoint: written.endpoint,
  ca: written.ca,
  refresh: readDuration(written.refresh ?? '5m'),
  deadline: readDuration(written.deadline ?? '10s'),
  overlap: readDurationOrNone(written.overlap ?? '1h'),
})
