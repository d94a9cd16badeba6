/** The asserted formats: each a test in linear time, and what people call it. */

import { isIPv4, isIPv6 } from 'node:net'
import type { Format } from './schema.ts'

interface FormatTest {
  readonly label: string
  readonly test: (text: string) => boolean
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const dotAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const quoted = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const date = /^(\d{4})-(\d\d)-(\d\d)$/
const time = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i
/** RFC 3986 appendix B, with a scheme. */
const uri = /^[a-z][a-z0-9+.-]*:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is
const authority =
  /^(?:((?:[a-z0-9._~!$&'()*+,;=:-]|%[0-9a-f]{2})*)@)?(\[[^\]]*\]|(?:[a-z0-9._~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::\d*)?$/i
const characters = /^(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*$/i
const futureAddress = /^v[0-9a-f]+\.[a-z0-9._~!$&'()*+,;=:-]+$/i

export const formats: Readonly<Record<Format, FormatTest>> = {
  email: { label: 'an email address', test: isEmail },
  uri: { label: 'an absolute URI', test: isUri },
  uuid: { label: 'a UUID', test: (text) => uuid.test(text) },
  'date-time': { label: 'a date and time with an offset, as in `2030-01-31T23:59:59Z`', test: isDateTime },
  date: { label: 'a date, as in `2030-01-31`', test: isDate },
  time: { label: 'a time with an offset, as in `23:59:59Z`', test: isTime },
  ipv4: { label: 'an IPv4 address', test: isIPv4 },
  ipv6: { label: 'an IPv6 address', test: isIpv6 },
  hostname: { label: 'a host name', test: isHostname },
}

/** RFC 1123 §2.1: labels of at most 63 letters, digits and hyphens, 253 in all. */
function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => label.test(part))
}

/** An address without a zone: zones mean nothing on another machine. */
function isIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

/** RFC 5321 §4.1.2 Mailbox, with the lengths of §4.5.3.1. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  if (at < 1 || at > 64 || text.length > 254 || !(dotAtom.test(local) || quoted.test(local))) return false
  const domain = text.slice(at + 1)
  if (!domain.startsWith('[') || !domain.endsWith(']')) return isHostname(domain)
  const literal = domain.slice(1, -1)
  return /^ipv6:/i.test(literal) ? isIpv6(literal.slice(5)) : isIPv4(literal)
}

function isUri(text: string): boolean {
  const [match, place, ...rest] = uri.exec(text) ?? []
  return match !== undefined && isAuthority(place ?? '') && rest.every((part) => characters.test(part ?? ''))
}

/** RFC 3986 §3.2: user information, a host or an address in brackets, a port. */
function isAuthority(text: string): boolean {
  const match = authority.exec(text)
  if (!match) return false
  const host = match[2] ?? ''
  return !host.startsWith('[') || isIpv6(host.slice(1, -1)) || futureAddress.test(host.slice(1, -1))
}

/** RFC 3339 full-date, leap days included. */
function isDate(text: string): boolean {
  const [match, year, month, day] = date.exec(text) ?? []
  return match !== undefined && Number(day) >= 1 && Number(day) <= daysOf(Number(year), Number(month))
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

/** RFC 3339 full-time; a leap second stands only at the end of a UTC day (§5.7). */
function isTime(text: string): boolean {
  const match = time.exec(text)
  if (!match) return false
  const [hour = 0, minute = 0, second = 0, , offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false
  const offset = (offsetHour * 60 + offsetMinute) * (match[4] === '-' ? -1 : 1)
  return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 === 1439
}

function isDateTime(text: string): boolean {
  return /^t$/i.test(text.charAt(10)) && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}
