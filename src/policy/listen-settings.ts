/** `settings.listen`: where the server listens, and whether others than this machine reach it in clear. */

import { isLoopbackHost } from '../core/address.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { StartFault } from '../core/start-fault.ts'
import { type Infer, integer, object, string } from '../schema/builder.ts'
import { adminPort, gatePort } from './admin-settings.ts'
import type { Settings, WrittenSettings } from './settings.ts'

export const listenSettingsSchema = object(
  {
    'host?': string({ description: 'The address to listen on; 127.0.0.1 unless told.', minLength: 1 }),
    'port?': integer({
      description: 'The port to listen on; 0 takes a free one, 8080 unless told.',
      minimum: 0,
      maximum: 65535,
      examples: [8080],
    }),
    'redirectFrom?': integer({
      description: 'Under TLS: the port on which who comes in clear is sent to HTTPS; none unless told.',
      minimum: 1,
      maximum: 65535,
      examples: [8081],
    }),
    'insecurePlain?': string({
      minLength: 1,
      description: 'Why others may reach it without TLS of its own: who encrypts in front of it.',
      examples: ['the ingress terminates TLS'],
    }),
  },
  { description: 'Where the server listens.' },
)

export type WrittenListen = Infer<typeof listenSettingsSchema>

/** With every default filled in. */
export interface ListenSettings {
  readonly host: string
  readonly port: number
  /** Under TLS: the port of those who come in clear. */
  readonly redirectFrom?: number | undefined
  /** Why plain HTTP is good enough for others. */
  readonly insecurePlain?: string | undefined
}

export const listenSettingsRules = {
  'settings/plain-listener': {
    severity: 'error',
    cause: 'Whoever listens on the way reads the tokens and passwords of all callers, and can use them.',
    hint: 'write `settings.tls`, or who encrypts in front: `listen: { insecurePlain: "the ingress terminates TLS" }`',
  },
  'settings/insecure-listener': {
    severity: 'warning',
    cause: 'Requests come to this machine in clear; what stands in front encrypts them only as far as itself.',
    hint: 'let nobody else reach the port, or have the proxy speak TLS to it with `settings.tls`',
  },
  'settings/listen-unused': {
    severity: 'error',
    cause:
      '`insecurePlain` is for a server without TLS, `redirectFrom` for one with it; elsewhere nobody looks at them.',
    hint: 'take it out, or write `settings.tls` where it is to speak TLS',
  },
  'settings/redirect-port': {
    severity: 'error',
    cause: 'Two listeners cannot have the same port.',
    hint: 'give `redirectFrom` a port of its own, such as 8081',
  },
} as const satisfies Rules

const listenFault = (rule: keyof typeof listenSettingsRules, name: keyof WrittenListen, message: string): Fault => ({
  rule,
  path: ['listen', name],
  message,
})

/** Findings beyond the schema; what is filled in at opening is judged then. */
export function checkListenSettings({ listen, tls, admin }: WrittenSettings): readonly Fault[] {
  if (listen === undefined || hasReference(listen)) return []
  const others = [listen.port ?? gatePort, hasReference(admin) ? undefined : admin && (admin.port ?? adminPort)]
  return [...(tls === undefined ? checkPlain(listen) : []), ...checkUnused(listen, tls), ...checkPort(listen, others)]
}

function checkPlain({ host, insecurePlain }: WrittenListen): readonly Fault[] {
  // An expression, which cannot stand there, is told elsewhere.
  if (host === undefined || host.includes('${') || isLoopbackHost(host)) return []
  const rule = insecurePlain === undefined ? 'settings/plain-listener' : 'settings/insecure-listener'
  return [listenFault(rule, 'host', `calls to \`${host}\` come to this machine in clear`)]
}

function checkUnused(listen: WrittenListen, tls: WrittenSettings['tls']): readonly Fault[] {
  const [name, told] =
    tls === undefined ? (['redirectFrom', 'plain HTTP'] as const) : (['insecurePlain', 'TLS'] as const)
  if (listen[name] === undefined) return []
  return [{ ...listenFault('settings/listen-unused', name, `the server speaks ${told}`), onKey: true }]
}

function checkPort({ redirectFrom }: WrittenListen, others: readonly unknown[]): readonly Fault[] {
  if (redirectFrom === undefined || hasReference(redirectFrom) || !others.includes(redirectFrom)) return []
  return [listenFault('settings/redirect-port', 'redirectFrom', `port \`${redirectFrom}\` is another listener's`)]
}

/** Where those who come in clear are sent to HTTPS; nowhere unless told. */
export const redirectAddress = ({
  host,
  redirectFrom,
}: ListenSettings): { readonly host: string; readonly port: number } | undefined =>
  redirectFrom === undefined ? undefined : { host, port: redirectFrom }

/** Of a host that the command line brings, nothing stands in the policies. */
export function refusePlain({ listen: { host, insecurePlain }, tls }: Pick<Settings, 'listen' | 'tls'>): void {
  if (tls !== undefined || insecurePlain !== undefined || isLoopbackHost(host)) return
  const { hint } = listenSettingsRules['settings/plain-listener']
  throw new StartFault(`calls to \`${host}\` come to this machine in clear: ${hint}`)
}
