/** The hosts that a file answers: exact names and addresses, or `*.` before a name. */

import { isIPv6 } from 'node:net'
import type { Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import type { Report } from './misfit.ts'
import { below, type Place } from './source.ts'

export const hostRules: Rules = {
  'routes/invalid-host': {
    severity: 'error',
    cause: 'No request is ever for such a host.',
    hint: 'write a name such as `api.shop.example`, or `*.shop.example` for its direct subdomains',
  },
}

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/** The hosts in the form that requests are matched in; what is wrong with one is reported. */
export function readHosts(written: unknown, at: Place, report: Report): readonly string[] {
  const list = [written ?? []].flat().filter((host) => typeof host === 'string')
  return list.flatMap((text, index) => {
    const host = text.toLowerCase()
    const fault = hasReference(text) ? undefined : judgeHost(host)
    if (fault === undefined) return [host]
    report({ rule: 'routes/invalid-host', at: Array.isArray(written) ? below(at, index) : at, message: fault })
    return []
  })
}

function judgeHost(host: string): string | undefined {
  if (host.includes('://')) return `expected a host without a scheme, got \`${host}\``
  if (/^\[.*\]$/.test(host)) return isIPv6(host.slice(1, -1)) ? undefined : `expected an IPv6 address, got \`${host}\``
  if (isIPv6(host)) return `expected an IPv6 address in brackets, got \`${host}\``
  if (/:\d*$/.test(host)) return `expected a host without a port, got \`${host}\``
  const labels = host.replace(/^\*\./, '').split('.')
  const wildcard = host.startsWith('*.')
  if (labels.some((part) => part.includes('*'))) return `expected one \`*\` as the whole first label, got \`${host}\``
  if (wildcard && labels.length < 2) return `expected a domain after \`*.\`, got \`${host}\``
  return labels.every((part) => label.test(part)) ? undefined : `expected a host name, got \`${host}\``
}
