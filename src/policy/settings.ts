/** The `settings` section: the server that a policy directory describes. */

import { isCidr } from '../core/address.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import { hasReference, itemsOf } from '../core/expression.ts'
import { array, type Infer, object, string } from '../schema/builder.ts'
import { checkAuditSettings } from '../services/audit/check-settings.ts'
import { type AuditSettings, auditSettingsSchema, readAuditSettings } from '../services/audit/settings.ts'
import { auditSettingsRules } from '../services/audit/settings-rules.ts'
import { checkDatabaseSettings } from '../services/identity/check-settings.ts'
import { type AccountSettings, databaseSettingsSchema, readDatabaseSettings } from '../services/identity/settings.ts'
import { databaseSettingsRules } from '../services/identity/settings-rules.ts'
import { checkSecretSettings } from '../services/secrets/check-settings.ts'
import { readSecretSettings, type SecretSettings, secretSettingsSchema } from '../services/secrets/settings.ts'
import { secretSettingsRules } from '../services/secrets/settings-rules.ts'
import { checkStateSettings } from '../services/state/check-settings.ts'
import { readStateSettings, type StateSettings, stateSettingsSchema } from '../services/state/settings.ts'
import { stateSettingsRules } from '../services/state/settings-rules.ts'
import { checkTlsSettings } from '../services/tls/check-settings.ts'
import { readTlsSettings, type TlsSettings, tlsSettingsSchema } from '../services/tls/settings.ts'
import { tlsSettingsRules } from '../services/tls/settings-rules.ts'
import {
  type AdminSettings,
  adminSettingsRules,
  adminSettingsSchema,
  checkAdminSettings,
  gatePort,
  readAdminSettings,
} from './admin-settings.ts'
import {
  checkLimitSettings,
  type LimitSettings,
  limitSettingsRules,
  limitSettingsSchema,
  readLimitSettings,
} from './limit-settings.ts'
import {
  checkListenSettings,
  type ListenSettings,
  listenSettingsRules,
  listenSettingsSchema,
} from './listen-settings.ts'
import {
  checkShutdownSettings,
  readShutdownSettings,
  type ShutdownSettings,
  shutdownSettingsRules,
  shutdownSettingsSchema,
} from './shutdown-settings.ts'

export const settingsSchema = object({
  'listen?': listenSettingsSchema,
  'tls?': tlsSettingsSchema,
  'trustedProxies?': array(string(), {
    description: 'CIDRs of the proxies whose X-Forwarded-* headers count; none unless told.',
  }),
  'secrets?': secretSettingsSchema,
  'limits?': limitSettingsSchema,
  'shutdown?': shutdownSettingsSchema,
  'state?': stateSettingsSchema,
  'database?': databaseSettingsSchema,
  'audit?': auditSettingsSchema,
  'admin?': adminSettingsSchema,
  'openapi?': object(
    {
      'title?': string({ minLength: 1, description: 'The name of the API; `API` unless told.' }),
      'version?': string({ minLength: 1, description: 'The version of the API; made of the policies unless told.' }),
      'description?': string({ minLength: 1, description: 'What its callers should know, in Markdown.' }),
      'servers?': array(string({ minLength: 1 }), {
        minItems: 1,
        description: 'Where clients reach it, as URLs or paths; where the document itself comes from unless told.',
        examples: [['https://api.shop.example']],
      }),
    },
    { description: 'The head of the OpenAPI document.' },
  ),
})

export type WrittenSettings = Infer<typeof settingsSchema>

/** The settings with every default filled in. */
export interface Settings {
  readonly listen: ListenSettings
  /** None where it speaks plain HTTP. */
  readonly tls: TlsSettings | undefined
  readonly trustedProxies: readonly string[]
  readonly secrets: SecretSettings
  readonly limits: LimitSettings
  readonly shutdown: ShutdownSettings
  /** None where it is in this process. */
  readonly state: StateSettings | undefined
  /** None while its url is still to be filled in. */
  readonly database: AccountSettings | undefined
  /** None where it is `off`. */
  readonly audit: AuditSettings | undefined
  /** None where it is not written. */
  readonly admin: AdminSettings | undefined
}

export const settingsRules: Rules = {
  ...listenSettingsRules,
  ...tlsSettingsRules,
  ...secretSettingsRules,
  ...stateSettingsRules,
  ...databaseSettingsRules,
  ...auditSettingsRules,
  ...adminSettingsRules,
  ...limitSettingsRules,
  ...shutdownSettingsRules,
  'settings/invalid-cidr': {
    severity: 'error',
    cause: 'An entry of `trustedProxies` is no address and no CIDR range.',
    hint: 'write an address or a range, such as `10.0.0.0/8`',
  },
  'settings/trusts-everyone': {
    severity: 'error',
    cause: 'A proxy range that holds every address lets each caller choose its own address.',
    hint: 'name the addresses of your proxies',
  },
  'settings/invalid-server': {
    severity: 'error',
    cause: 'A server of the OpenAPI document is what clients call: a web address without credentials, or a path.',
    hint: 'write `https://api.shop.example`, with a path where there is one, or `/`',
  },
}

/** Findings beyond the schema. */
export function checkSettings(settings: WrittenSettings): readonly Fault[] {
  const { trustedProxies, secrets, limits, state, audit, openapi } = settings
  const written = itemsOf(trustedProxies).map((text, index) => ({ text, path: ['trustedProxies', index] as const }))
  const judged = written.filter(({ text }) => !hasReference(text))
  const invalid = judged.filter(({ text }) => !isCidr(text))
  const everyone = judged.filter(({ text }) => isCidr(text) && /\/0$/.test(text))
  return [
    ...invalid.map(({ text, path }) => ({
      rule: 'settings/invalid-cidr',
      path,
      message: `expected an address or CIDR range, got \`${text}\``,
    })),
    ...everyone.map(({ text, path }) => ({
      rule: 'settings/trusts-everyone',
      path,
      message: `\`${text}\` trusts every address`,
    })),
    ...checkListenSettings(settings),
    ...checkTlsSettings(settings.tls),
    ...checkLimitSettings(limits),
    ...checkShutdownSettings(settings.shutdown),
    ...checkSecretSettings(secrets),
    ...checkStateSettings(state),
    ...checkDatabaseSettings(settings.database),
    ...checkAuditSettings(audit),
    ...checkAdminSettings(settings),
    ...checkServers(openapi?.servers),
  ]
}

const checkServers = (servers: readonly string[] | undefined): readonly Fault[] =>
  itemsOf(servers).flatMap((text, index) =>
    hasReference(text) || isServer(text)
      ? []
      : [
          {
            rule: 'settings/invalid-server',
            path: ['openapi', 'servers', index],
            message: `expected the URL or the path of a server, got \`${text}\``,
          },
        ],
  )

/** A `{` would begin a variable (OpenAPI 3.1 §4.8.5). */
function isServer(text: string): boolean {
  if (/[\s{}?#\\]/.test(text)) return false
  if (/^\/(?!\/)/.test(text)) return true
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

/** Where a command line says to listen, in place of the settings. */
export interface ListenOn {
  readonly host?: string | undefined
  readonly port?: number | undefined
}

/** Fills in the defaults. */
export function readSettings(
  { listen, tls, trustedProxies, secrets, limits, shutdown, state, database, audit, admin }: WrittenSettings = {},
  listenOn: ListenOn = {},
): Settings {
  const host = listenOn.host ?? listen?.host ?? '127.0.0.1'
  return {
    listen: { ...listen, host, port: listenOn.port ?? listen?.port ?? gatePort },
    tls: readTlsSettings(tls),
    trustedProxies: itemsOf(trustedProxies),
    secrets: readSecretSettings(secrets),
    limits: readLimitSettings(limits),
    shutdown: readShutdownSettings(shutdown, host),
    state: readStateSettings(state),
    database: readDatabaseSettings(database),
    audit: readAuditSettings(audit),
    admin: readAdminSettings(admin),
  }
}
