/** Reads what a signed request says of its signature, before its body is read: all of it can be refused for its form alone. */

import type { IncomingHttpHeaders } from 'node:http'
import { readDuration } from '../../../core/duration.ts'
import { type SignatureOptions, timePlace } from './options.ts'

export interface Claimed {
  /** Of 32 bytes; one of them has to be right. */
  readonly signatures: readonly Buffer[]
  /** As they stand in the request. */
  readonly timestamp: string
  readonly id: string
}

/** Why it is refused, for the log. */
export class Misread extends Error {}

export type Reader = (headers: IncomingHttpHeaders, now: number) => Claimed | Misread

const mostSignatures = 16
const digestBytes = 32
const idPattern = /^[\w-]{1,256}$/
const timePattern = /^\d{1,12}$/

export function compileReader(options: SignatureOptions): Reader {
  const { header, prefix, encoding = 'hex', id } = options
  const readTime = compileTime(options)
  const [signatureName, idName] = [header.toLowerCase(), id?.toLowerCase()]
  const decode = encoding === 'hex' ? fromHex : fromBase64
  return (headers, now) => {
    const timestamp = readTime(headers, now)
    if (timestamp instanceof Misread) return timestamp
    const found = idName === undefined ? '' : headers[idName]
    if (idName !== undefined && (typeof found !== 'string' || !idPattern.test(found))) return noId
    const texts = itemsOf(headers[signatureName], prefix)
    if (texts.length === 0 || texts.length > mostSignatures) return noSignature
    const signatures = texts.flatMap((text) => decode(text) ?? [])
    return signatures.length === 0 ? noSignature : { signatures, timestamp, id: String(found) }
  }
}

const noId = new Misread('there is no id of the message, or it is none')
const noTime = new Misread('there is no time, or it is not in seconds since 1970')
const offTime = new Misread('the time is too far from now')
const noSignature = new Misread('the header does not hold a signature of the form that is expected')

function compileTime(options: SignatureOptions): (headers: IncomingHttpHeaders, now: number) => string | Misread {
  const place = timePlace(options)
  if (place === undefined) return () => ''
  const [name, tolerance] = [place.header.toLowerCase(), readDuration(place.tolerance)]
  return (headers, now) => {
    const [text = '', ...others] = itemsOf(headers[name], place.prefix)
    if (others.length > 0 || !timePattern.test(text)) return noTime
    return Math.abs(now - Number(text) * 1_000) <= tolerance ? text : offTime
  }
}

/**
 * What follows the prefix in the items of a header. They stand apart by commas (Stripe), or by spaces where the prefix
 * itself holds a comma (Standard Webhooks); without a prefix the whole is one.
 */
function itemsOf(header: string | readonly string[] | undefined, prefix: string | undefined): readonly string[] {
  if (typeof header !== 'string') return []
  if (prefix === undefined) return [header]
  return header
    .split(prefix.includes(',') ? ' ' : ',')
    .map((item) => item.trim())
    .flatMap((item) => (item.startsWith(prefix) ? [item.slice(prefix.length)] : []))
}

const fromHex = (text: string): Buffer | undefined =>
  /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : undefined

/** Canonical: no other text stands for the same bytes (RFC 4648 §3.5). */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === digestBytes && bytes.toString('base64') === text ? bytes : undefined
}
