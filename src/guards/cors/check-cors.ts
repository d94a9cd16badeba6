/** The findings of `check` about a `cors` block. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { isFieldName } from '../../core/field.ts'
import type { CorsBlock } from './cors-block.ts'
import { isWildcard, sampleOf } from './origin.ts'

export const corsRules: Rules = {
  'cors/credentials-with-wildcard': {
    severity: 'error',
    cause: 'Every page of the web could act, and read, with the cookies of its visitors.',
    hint: 'list the origins, or drop `credentials`',
  },
  'cors/credentials-with-subdomains': {
    severity: 'warning',
    cause: 'Whoever gets hold of one subdomain acts with the cookies of its visitors.',
    hint: 'list the origins one by one',
  },
  'cors/null-origin': {
    severity: 'error',
    cause: 'Sandboxed frames and local files send `null`: anyone can make one.',
    hint: 'list the origin of the page that calls',
  },
  'cors/origin-scheme': {
    severity: 'error',
    cause: 'Pages that are not served over http or https cannot be told apart by their origin.',
    hint: 'write an origin that begins with `https://`',
  },
  'cors/insecure-origin': {
    severity: 'warning',
    cause: 'Whoever is on the path can put a script into a page that came in clear.',
    hint: 'serve the page over https and list that',
  },
  'cors/invalid-origin': {
    severity: 'error',
    cause: 'Browsers send scheme, host and a port that is not the default: anything else never matches.',
    hint: 'write `https://shop.example`, or `https://*.shop.example` for its direct subdomains',
  },
  'cors/wildcard-too-wide': {
    severity: 'error',
    cause: 'The wildcard would stand for every domain below a top-level one.',
    hint: 'write the domain as well, such as `https://*.shop.example`',
  },
  'cors/invalid-header': {
    severity: 'error',
    cause: 'Headers are allowed and exposed by name; a `*` stands for none of them once credentials are sent.',
    hint: 'list the names',
  },
}

/** Origins that never match, that anyone can have, or that must not carry credentials; header names that are none. */
export function checkCors(block: CorsBlock): readonly Fault[] {
  return [
    ...listed(block.origins).flatMap(([text, index]) =>
      checkOrigin(text, ['origins', index], block.credentials === true),
    ),
    ...listed(block.headers).flatMap(([name, index]) => checkName(name, ['headers', index])),
    ...listed(block.expose).flatMap(([name, index]) => checkName(name, ['expose', index])),
  ]
}

/** The entries that are already known: a reference may stand in place of one, or of the whole list. */
const listed = (list: readonly string[] | undefined): [string, number][] =>
  Array.isArray(list)
    ? list.map((text: string, index): [string, number] => [text, index]).filter(([text]) => !hasReference(text))
    : []

function checkName(name: string, path: Fault['path']): Fault[] {
  if (isFieldName(name) && name !== '*') return []
  return [fault('invalid-header', path, `expected a header name, not \`${name}\``)]
}

function checkOrigin(text: string, path: Fault['path'], credentials: boolean): Fault[] {
  if (text === '*')
    return credentials ? [fault('credentials-with-wildcard', path, 'credentials need exact origins')] : []
  if (text === 'null') return [fault('null-origin', path, 'expected an origin, not `null`')]
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return [fault('invalid-origin', path, `expected an origin, not \`${text}\``)]
  if (scheme !== 'https' && scheme !== 'http')
    return [fault('origin-scheme', path, `expected \`https\`, not \`${scheme}\``)]
  return checkWebOrigin(text, path, credentials)
}

function checkWebOrigin(text: string, path: Fault['path'], credentials: boolean): Fault[] {
  const sample = sampleOf(text)
  if (sample.includes('*')) return [fault('invalid-origin', path, 'expected the wildcard to be the whole first label')]
  if (!URL.canParse(sample)) return [fault('invalid-origin', path, `expected an origin, not \`${text}\``)]
  const { origin, protocol, hostname } = new URL(sample)
  const wildcard = isWildcard(text)
  if (origin !== sample) return [fault('invalid-origin', path, `expected ${spell(origin, wildcard)}, not \`${text}\``)]
  const local = isLocal(hostname)
  if (wildcard && !local && hostname.split('.').length < 3)
    return [fault('wildcard-too-wide', path, `\`${text}\` is too wide`)]
  const faults =
    protocol === 'http:' && !local ? [fault('insecure-origin', path, `\`${text}\` is served in clear`)] : []
  if (!wildcard || !credentials) return faults
  return [...faults, fault('credentials-with-subdomains', path, `credentials for all of \`${text}\``)]
}

const spell = (origin: string, wildcard: boolean): string =>
  `\`${wildcard ? origin.replace('://any.', '://*.') : origin}\``

const isLocal = (hostname: string): boolean =>
  hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost' || hostname.endsWith('.localhost')

const fault = (id: string, path: Fault['path'], message: string): Fault => ({ rule: `cors/${id}`, path, message })
