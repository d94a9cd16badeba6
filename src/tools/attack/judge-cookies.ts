/** Whether cookies are set as the policy says, in whatever answer they come. */

import { sessionCookie } from '../../services/identity/session-cookie.ts'
import type { CookieTerms } from './probe.ts'

interface Attribute {
  /** In lower case. */
  readonly name: string
  readonly value: string
}

/** The values of `SameSite`, the loosest first; without one, browsers differ. */
const sites = ['none', 'lax', 'strict']

/** What a `Set-Cookie` lacks; nothing for the session that the server keeps itself, which says how. */
export function weaknessOf(cookie: string, { block = {} }: CookieTerms, isSecure: boolean): string | undefined {
  const [pair = '', ...rest] = cookie.split(';')
  const [name, ...value] = pair.split('=')
  if (value.length === 0 || name === undefined || clean(name) === '') return 'expected a cookie with a name'
  const known = clean(name)
  if (known === sessionCookie) return undefined
  if (block.allow?.includes(known) === false) return `expected none of the name \`${known}\`, it was set`
  const attributes = rest.map(readAttribute)
  const lacking = [
    ...((isSecure || block.secure) && !has(attributes, 'secure') ? ['`Secure`'] : []),
    ...(block.httpOnly && !block.readable?.includes(known) && !has(attributes, 'httponly') ? ['`HttpOnly`'] : []),
    ...(block.sameSite && !isAsClose(attributes, block.sameSite) ? [`\`SameSite=${block.sameSite}\` or stricter`] : []),
    ...(block.hostOnly && has(attributes, 'domain') ? ['no `Domain`'] : []),
  ]
  return lacking.length === 0 ? undefined : `expected \`${known}\` to have ${lacking.join(', ')}`
}

export const nameOf = (cookie: string): string => clean(cookie.split('=', 1)[0] ?? '')

/** Spaces and tabs alone (RFC 6265bis §5.6). */
const clean = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')

function readAttribute(text: string): Attribute {
  const [name = '', ...value] = text.split('=')
  return { name: clean(name).toLowerCase(), value: clean(value.join('=')).toLowerCase() }
}

const has = (attributes: readonly Attribute[], wanted: string): boolean =>
  attributes.some(({ name }) => name === wanted)

/** Of an attribute that stands twice, browsers take the last. */
function isAsClose(attributes: readonly Attribute[], least: string): boolean {
  const last = attributes.findLast(({ name }) => name === 'samesite')
  return last !== undefined && sites.indexOf(last.value) >= sites.indexOf(least)
}
