/** `settings.admin`: the listener for whoever operates the server; off unless it is written. */

import { isLoopbackHost } from '../core/address.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { type Infer, integer, object, string } from '../schema/builder.ts'
import { findWeakness } from '../services/keys/hmac-secret.ts'
import type { WrittenSettings } from './settings.ts'

export const adminSettingsSchema = object(
  {
    'host?': string({
      description: 'The address to listen on, a loopback one; 127.0.0.1 unless told.',
      minLength: 1,
    }),
    'port?': integer({
      description: 'The port to listen on; 0 takes a free one, 9901 unless told.',
      minimum: 0,
      maximum: 65535,
      examples: [9901],
    }),
    token: string({
      description: 'What every call carries as its bearer token; 32 characters at least.',
      minLength: 1,
      examples: ['${secret:admin}'],
    }),
  },
  { description: 'The listener for whoever operates the server: reload, state, metrics; none unless told.' },
)

type WrittenAdmin = Infer<typeof adminSettingsSchema>

/** With every default filled in. */
export interface AdminSettings {
  readonly host: string
  readonly port: number
  readonly token: string
}

export const adminSettingsRules = {
  'settings/admin-exposed': {
    severity: 'error',
    cause: 'Whoever listens on the way reads the token of the admin listener, and has the server then.',
    hint: 'use `host: 127.0.0.1`, and reach it through a tunnel, or a sidecar that speaks TLS',
  },
  'settings/admin-port': {
    severity: 'error',
    cause: 'Two listeners cannot have the same port.',
    hint: 'give `settings.admin.port` a port of its own, such as 9901',
  },
  'settings/weak-token': {
    severity: 'error',
    cause:
      'Whoever guesses the token of the admin listener reloads the policies, and reads what the server says of itself.',
    hint: 'make one with `openssl rand -base64 32`',
  },
  'settings/invalid-token': {
    severity: 'error',
    cause:
      'A bearer token has letters, digits and `-._~+/`, and `=` at its end (RFC 6750 §2.1); no client can send another.',
    hint: 'make one with `openssl rand -base64 32`',
  },
} as const satisfies Rules

const adminFault = (rule: keyof typeof adminSettingsRules, name: keyof WrittenAdmin, message: string): Fault => ({
  rule,
  path: ['admin', name],
  message,
})

/** Findings beyond the schema; what is filled in at opening is judged then. */
export function checkAdminSettings({ admin, listen }: WrittenSettings): readonly Fault[] {
  if (admin === undefined || hasReference(admin)) return []
  return [...checkHost(admin), ...checkPort(admin, listen), ...checkToken(admin)]
}

function checkHost({ host }: WrittenAdmin): readonly Fault[] {
  if (host === undefined || hasReference(host) || isLoopbackHost(host)) return []
  return [adminFault('settings/admin-exposed', 'host', `calls to \`${host}\` come to this machine in clear`)]
}

function checkPort({ port }: WrittenAdmin, listen: WrittenSettings['listen']): readonly Fault[] {
  const [own, other] = [portOf(port, adminPort), hasReference(listen) ? undefined : portOf(listen?.port, gatePort)]
  if (own === undefined || own === 0 || own !== other) return []
  const at = port === undefined ? [] : (['port'] as const)
  const message = `port \`${own}\` is the one of \`settings.listen\``
  return [{ rule: 'settings/admin-port', path: ['admin', ...at], message, ...(port === undefined && { onKey: true }) }]
}

const portOf = (port: number | undefined, usual: number): number | undefined =>
  hasReference(port) ? undefined : (port ?? usual)

const bearerToken = /^[A-Za-z0-9._~+/-]+=*$/

/** No message quotes it. */
function checkToken({ token }: WrittenAdmin): readonly Fault[] {
  if (hasReference(token)) return []
  if (!bearerToken.test(token))
    return [adminFault('settings/invalid-token', 'token', 'expected the characters of a bearer token')]
  const weakness = findWeakness(Buffer.from(token))
  return weakness === undefined ? [] : [adminFault('settings/weak-token', 'token', weakness)]
}

export const gatePort = 8080
export const adminPort = 9901

/** Fills in the defaults. */
export function readAdminSettings(written: WrittenAdmin | undefined): AdminSettings | undefined {
  if (written === undefined) return undefined
  return { host: written.host ?? '127.0.0.1', port: written.port ?? adminPort, token: written.token }
}
