/** IP addresses and ranges, read strictly: one spelling for one address, so that no guard is passed by another spelling. */

import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [base: Address, prefix: number]

const mappedPrefix = '::ffff:'
const memoSize = 1_024

/**
 * The canonical form of an address (RFC 5952), or nothing: IPv4-mapped IPv6 is IPv4 (RFC 4291 §2.5.5.2), a zone id is
 * dropped; octal, hexadecimal and shortened IPv4 are no addresses.
 */
export function readAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return undefined
  const mapped = text.slice(mappedPrefix.length)
  if (text.startsWith(mappedPrefix) && isIPv4(mapped)) return mapped
  return parseAddress(text)?.toString()
}

/** Whom a limit counts as one client: an IPv4 address itself, the /64 of an IPv6 one; takes a canonical address. */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const network = ipaddr.IPv6.parse(address).parts.slice(0, 4)
  return `${network.map((part) => part.toString(16)).join(':')}::/64`
}

/** Whether a text is a CIDR or a single address. */
export const isCidr = (text: string): boolean => readRange(text) !== undefined

/** The CIDR with the bits after its prefix cleared: `10.1.2.3/8` is `10.0.0.0/8`; nothing for what is no CIDR. */
export function readCidr(text: string): string | undefined {
  const range = readRange(text)
  if (range === undefined) return undefined
  const [base, prefix] = range
  const bytes = base.toByteArray().map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - i * 8))))
  return `${ipaddr.fromByteArray(bytes)}/${prefix}`
}

/** Tells whether a canonical address is in one of the ranges; throws TypeError on what `isCidr` refuses. */
export function compileRanges(cidrs: readonly string[]): (address: string) => boolean {
  const ranges = cidrs.map(demandRange)
  const memo = new Map<string, boolean>()
  return function isInRanges(address) {
    const known = memo.get(address)
    if (known !== undefined) return known
    const found = matchRanges(address, ranges)
    if (memo.size >= memoSize) memo.clear()
    memo.set(address, found)
    return found
  }
}

const isLoopback = compileRanges(['127.0.0.0/8', '::1'])

/** A host as it is dialled: a URL writes IPv6 in brackets (RFC 3986 §3.2.2). */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

/** Whether a host, as a URL writes it, is this machine itself. */
export function isLoopbackHost(host: string): boolean {
  const address = readAddress(withoutBrackets(host))
  return address === undefined ? host.toLowerCase() === 'localhost' : isLoopback(address)
}

function matchRanges(text: string, ranges: readonly Range[]): boolean {
  const address = parseAddress(text)
  if (address === undefined) return false
  return ranges.some(([base, prefix]) => address.kind() === base.kind() && address.match(base, prefix))
}

/** ipaddr.js alone would take `010.1`, and `::1.2.3.4` for IPv4-mapped: the strict tests and the hex tail stand before it. */
function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text)
  if (!isIPv6(text)) return undefined
  const address = ipaddr.IPv6.parse(text.replace(/%.*$/, '').replace(/[0-9.]+\.[0-9]+$/, hexTail))
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

/** `1.2.3.4` as the last two groups of an IPv6 address: `102:304`. */
function hexTail(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function readRange(text: string): Range | undefined {
  const [, base = '', digits] = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? []
  const address = parseAddress(base)
  if (address === undefined) return undefined
  // The prefix of an IPv4-mapped base counts its 96 leading bits.
  const skipped = base.includes(':') && address.kind() === 'ipv4' ? 96 : 0
  const bits = address.kind() === 'ipv4' ? 32 : 128
  const prefix = digits === undefined ? bits : Number(digits) - skipped
  return prefix >= 0 && prefix <= bits ? [address, prefix] : undefined
}

function demandRange(text: string): Range {
  const range = readRange(text)
  if (range === undefined) throw new TypeError(`not a CIDR: ${text}`)
  return range
}
