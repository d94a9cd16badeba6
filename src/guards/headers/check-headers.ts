/** The findings of `check` about a `headers` block. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { isFieldName, isFieldValue } from '../../core/field.ts'
import { type HeadersBlock, type HeadersOptions, readOptions } from './headers-block.ts'
import { currentName, helmetWith } from './helmet-options.ts'

export const headersRules: Rules = {
  'headers/invalid-name': {
    severity: 'error',
    cause: 'A header of this name cannot be sent (RFC 9110 §5.1).',
    hint: 'write letters, digits and hyphens',
  },
  'headers/invalid-value': {
    severity: 'error',
    cause: 'Line breaks split answers in two, and other characters are read differently by different clients.',
    hint: 'write one line of printable ASCII; to send no such header, name it in `remove`',
  },
  'headers/duplicate-name': {
    severity: 'error',
    cause: 'Header names are the same in upper and lower case, and one value would be lost.',
    hint: 'keep one of them',
  },
  'headers/set-and-removed': {
    severity: 'error',
    cause: 'A header that no answer carries cannot have a value.',
    hint: 'drop it from `set` or from `remove`',
  },
  'headers/reserved': {
    severity: 'error',
    cause: 'The header describes one message, or another block writes it.',
    hint: 'leave it to the server; access from other origins is said in `cors`',
  },
  'headers/idle-cookies': {
    severity: 'error',
    cause: 'What is said of cookies holds of none.',
    hint: 'say `httpOnly: true` beside `readable`; to drop cookies, write `allow: []`',
  },
  'headers/helmet-option': {
    severity: 'error',
    cause: 'Helmet refuses these options.',
    hint: "look the option up in helmet's documentation",
  },
  'headers/weakened': {
    severity: 'warning',
    cause: 'Browsers lose a protection that the preset gives.',
    hint: 'keep the header, or say `because: "<reason>"` on the route',
    excusable: true,
  },
}

/** Headers whose loss opens a hole, and the helmet options that send them. */
const vital = new Map([
  ['content-security-policy', 'contentSecurityPolicy'],
  ['strict-transport-security', 'strictTransportSecurity'],
  ['x-content-type-options', 'xContentTypeOptions'],
  ['x-frame-options', 'xFrameOptions'],
])

/** Headers that another part of the server owns: they describe one message, or a client relies on them. */
const reserved = new Set(
  `allow connection content-encoding content-length content-type date keep-alive proxy-connection retry-after te trailer
  transfer-encoding upgrade vary www-authenticate x-request-id`.split(/\s+/),
)

/** Names and values that cannot be sent, contradictions, and protections that are given up. */
export function checkHeaders(block: HeadersBlock): readonly Fault[] {
  const { set, remove, helmet, cookies } = readOptions(block)
  return [...checkSet(set), ...checkRemove(remove, set), ...checkHelmet(helmet), ...checkCookies(cookies, remove)]
}

function checkSet(set: HeadersOptions['set']): Fault[] {
  const seen = new Set<string>()
  return entriesOf(set).flatMap(([name, value]) => {
    const path = ['set', name]
    const faults = checkName(name, path, true)
    if (seen.has(name.toLowerCase())) faults.push(fault('duplicate-name', path, `\`${name}\` is set twice`, true))
    seen.add(name.toLowerCase())
    if (hasReference(value) || isFieldValue(value)) return faults
    return [...faults, fault('invalid-value', path, 'expected printable ASCII without a space at either end')]
  })
}

/** Nothing, where a reference still stands in place of the map. */
const entriesOf = (set: HeadersOptions['set']): [string, string][] =>
  set === undefined || hasReference(set) ? [] : Object.entries(set)

function checkRemove(remove: HeadersOptions['remove'], set: HeadersOptions['set']): Fault[] {
  if (!Array.isArray(remove)) return []
  const written = new Set(entriesOf(set).map(([name]) => name.toLowerCase()))
  return remove.flatMap((name: string, index) => {
    const path = ['remove', index]
    if (written.has(name.toLowerCase())) return [fault('set-and-removed', path, `\`${name}\` is set as well`)]
    const lost = vital.has(name.toLowerCase()) ? [fault('weakened', path, `answers lose \`${name}\``)] : []
    return [...checkName(name, path, false), ...lost]
  })
}

function checkName(name: string, path: Fault['path'], onKey: boolean): Fault[] {
  const lower = name.toLowerCase()
  if (hasReference(name)) return []
  if (!isFieldName(name)) return [fault('invalid-name', path, `expected a header name, not \`${name}\``, onKey)]
  if (!reserved.has(lower) && !lower.startsWith('access-control-')) return []
  return [fault('reserved', path, `\`${name}\` is not written here`, onKey)]
}

function checkCookies(cookies: HeadersOptions['cookies'], remove: HeadersOptions['remove']): Fault[] {
  if (cookies === undefined || hasReference(cookies)) return []
  if (Array.isArray(remove) && remove.some((name) => name.toLowerCase() === 'set-cookie'))
    return [fault('idle-cookies', ['cookies'], '`remove` takes every `Set-Cookie` away', true)]
  const { httpOnly, readable, allow } = cookies
  if (readable === undefined || hasReference(httpOnly)) return []
  if (httpOnly !== true)
    return [fault('idle-cookies', ['cookies', 'readable'], 'scripts read all cookies without `httpOnly`', true)]
  return readable.flatMap((name, index) => {
    if (!Array.isArray(allow) || allow.includes(name)) return []
    return [fault('idle-cookies', ['cookies', 'readable', index], `\`allow\` does not name \`${name}\``)]
  })
}

/** Helmet judges its own options when it is made; those that are not filled in yet are left for later. */
function checkHelmet(helmet: HeadersOptions['helmet']): Fault[] {
  if (helmet === undefined || hasReference(JSON.stringify(helmet))) return []
  try {
    helmetWith(helmet)
  } catch (error) {
    return [fault('helmet-option', ['helmet'], String(error).replace(/^Error: |\.$/g, ''))]
  }
  return Object.entries(helmet).flatMap(([name, option]) => {
    const lost = [...vital].find(([, sentBy]) => sentBy === currentName(name) && isOff(option))
    return lost === undefined ? [] : [fault('weakened', ['helmet', name], `answers lose \`${lost[0]}\``)]
  })
}

const isOff = (option: unknown): boolean =>
  option === false ||
  (typeof option === 'object' && option !== null && 'reportOnly' in option && option.reportOnly === true)

const fault = (id: string, path: Fault['path'], message: string, onKey = false): Fault => ({
  rule: `headers/${id}`,
  path,
  message,
  onKey,
})
