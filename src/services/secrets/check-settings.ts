/** Finds what is wrong with `settings.secrets` beyond its schema; what is filled in at opening is judged then. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { readDurationOrNone } from '../../schema/quantity.ts'
import { checkOutgoing } from '../tls/check-outgoing.ts'
import type { WrittenSecrets } from './settings.ts'
import type { secretSettingsRules } from './settings-rules.ts'

export function checkSecretSettings(secrets: WrittenSecrets | undefined): readonly Fault[] {
  if (secrets === undefined || isOpen(secrets)) return []
  const circles = checkCircles(secrets)
  if (isOpen(secrets.provider)) return circles
  return [
    ...circles,
    ...[checkDir, checkUnused, checkEndpoint, checkCa, checkBounds].flatMap((judge) => judge(secrets)),
  ]
}

/** Filled in at opening. */
const isOpen = (value: unknown): boolean => hasReference(value)

const secretsFault = (rule: keyof typeof secretSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['secrets', ...path],
  message,
})

const checkCircles = (secrets: WrittenSecrets): readonly Fault[] =>
  Object.entries(secrets)
    .filter(([, text]) => isOpen(text) && text.includes('${secret:'))
    .map(([name]) => secretsFault('settings/secrets-circle', [name], 'secrets are read from here'))

const checkDir = ({ provider, dir }: WrittenSecrets): readonly Fault[] =>
  provider === 'file' && dir === undefined ? [secretsFault('settings/secrets-dir', [], 'expected the key `dir`')] : []

const readers: Readonly<Record<WrittenSecrets['provider'], readonly (keyof WrittenSecrets)[]>> = {
  env: [],
  file: ['dir', 'overlap'],
  aws: ['region', 'endpoint', 'ca', 'refresh', 'deadline', 'overlap'],
}

function checkUnused(secrets: WrittenSecrets): readonly Fault[] {
  const read = ['provider', ...readers[secrets.provider]]
  const unused = Object.keys(secrets).filter((name) => !read.includes(name))
  return unused.map((name) => ({
    ...secretsFault('settings/secrets-unused', [name], `\`${name}\` is not for the provider \`${secrets.provider}\``),
    onKey: true,
  }))
}

/** SDKs add the path themselves. */
function checkEndpoint({ endpoint, provider }: WrittenSecrets): readonly Fault[] {
  if (endpoint === undefined || provider !== 'aws' || isOpen(endpoint)) return []
  const url = URL.parse(endpoint)
  const isBare = url !== null && url.pathname === '/' && !/[?#@]/.test(endpoint)
  if (!isBare || !/^https?:$/.test(url.protocol))
    return [secretsFault('settings/secrets-endpoint', ['endpoint'], 'expected an https URL that is a host alone')]
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return []
  return [secretsFault('settings/plain-secrets', ['endpoint'], 'plain `http:` to another machine')]
}

const checkCa = ({ ca, endpoint = '', provider }: WrittenSecrets): readonly Fault[] =>
  provider === 'aws'
    ? checkOutgoing(
        { ca },
        {
          path: ['secrets'],
          plain: /^http:/i.test(endpoint) ? 'http:' : undefined,
          rules: { unused: 'settings/secrets-unused', certificate: 'settings/secrets-certificate' },
        },
      )
    : []

const [second, hour] = [1_000, 3_600_000]

const bounds = {
  refresh: { least: 10 * second, most: 24 * hour, said: '`10s` to `24h`' },
  deadline: { least: second, most: 50 * second, said: '`1s` to `50s`' },
  overlap: { least: 0, most: 168 * hour, said: 'at most `7d`' },
} as const

function checkBounds(secrets: WrittenSecrets): readonly Fault[] {
  return (Object.keys(bounds) as (keyof typeof bounds)[]).flatMap((name) => {
    const written = secrets[name]
    if (written === undefined || isOpen(written)) return []
    const { least, most, said } = bounds[name]
    const milliseconds = readDurationOrNone(written)
    if (milliseconds >= least && milliseconds <= most) return []
    return [secretsFault('settings/secrets-bounds', [name], `expected ${said}, got \`${written}\``)]
  })
}
