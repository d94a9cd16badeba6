/** The `Cookie` header (RFC 6265 §4.2): its pairs by name, and the header with some of them replaced. */

import { readPairs } from '../../core/cookie.ts'
import type { Texts, Values } from './parameters.ts'
import { spell } from './parameters.ts'

/** RFC 6265 §4.1.1 cookie-octet: what no reader takes for the end of a value. */
const octets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/

/** Whether a cookie can have this value. */
export const isCookieValue = (text: string): boolean => octets.test(text)

const unquote = (value: string): string => (/^".*"$/.test(value) ? value.slice(1, -1) : value)

/** The cookies of these names, without prototype; a name that comes again makes a list. */
export function readCookies(header: string, names: ReadonlySet<string>): Texts {
  const read: Record<string, string | string[]> = Object.create(null)
  for (const { name, value: quoted } of readPairs(header)) {
    if (!names.has(name)) continue
    const before = read[name]
    const value = unquote(quoted)
    if (Array.isArray(before)) before.push(value)
    else read[name] = before === undefined ? value : [before, value]
  }
  return read
}

/** The header with these cookies in place of those of the same name. */
export function writeCookies(header: string, values: Values): string {
  const kept = readPairs(header).filter(({ name }) => !Object.hasOwn(values, name))
  const own = Object.entries(values).flatMap(([name, value]) => spell(value).map((text) => ({ name, value: text })))
  return [...kept, ...own].map(({ name, value }) => `${name}=${value}`).join('; ')
}
