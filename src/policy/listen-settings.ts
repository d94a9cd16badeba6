/** `settings.listen`: where the server listens, and whether others than this machine reach it in clear. */

import { isLoopbackHost } from '../core/address.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { StartFault } from '../core/start-fault.ts'
import { type Infer, integer, object, string } from '../schema/builder.ts'
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
    cause: 'Nothing is plain where the server speaks TLS: nobody reads the reason.',
    hint: 'drop it, or drop `settings.tls`',
  },
} as const satisfies Rules

const listenFault = (rule: keyof typeof listenSettingsRules, name: keyof WrittenListen, message: string): Fault => ({
  rule,
  path: ['listen', name],
  message,
})

/** Findings beyond the schema; what is filled in at opening is judged then. */
export function checkListenSettings({ listen, tls }: WrittenSettings): readonly Fault[] {
  if (listen === undefined || hasReference(listen)) return []
  const { host, insecurePlain } = listen
  if (tls !== undefined && insecurePlain !== undefined)
    return [{ ...listenFault('settings/listen-unused', 'insecurePlain', 'the server speaks TLS'), onKey: true }]
  // An expression, which cannot stand there, is told elsewhere.
  if (tls !== undefined || host === undefined || host.includes('${') || isLoopbackHost(host)) return []
  const rule = insecurePlain === undefined ? 'settings/plain-listener' : 'settings/insecure-listener'
  return [listenFault(rule, 'host', `calls to \`${host}\` come to this machine in clear`)]
}

/** Of a host that the command line brings, nothing stands in the policies. */
export function refusePlain({ listen: { host, insecurePlain }, tls }: Pick<Settings, 'listen' | 'tls'>): void {
  if (tls !== undefined || insecurePlain !== undefined || isLoopbackHost(host)) return
  const { hint } = listenSettingsRules['settings/plain-listener']
  throw new StartFault(`calls to \`${host}\` come to this machine in clear: ${hint}`)
}
