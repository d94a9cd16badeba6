/** The text of an API key: `pk_live_`, its id, its secret and a checksum, so that scanners find one and typos are told apart. */

import { hash, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const prefix = 'pk_live_'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 95 bits. */
const idLength = 16
/** 256 bits. */
const secretLength = 43
/** 32 bits. */
const checksumLength = 6

const keyLength = prefix.length + idLength + secretLength + checksumLength
const shape = new RegExp(`^${prefix}[0-9A-Za-z]{${keyLength - prefix.length}}$`)

export interface KeyText {
  readonly id: string
  /** Shown once, to its owner; what is kept of it is its hash. */
  readonly text: string
}

export function newKeyText(): KeyText {
  const id = randomDigits(idLength)
  const unchecked = `${prefix}${id}${randomDigits(secretLength)}`
  return { id, text: unchecked + checksumOf(unchecked) }
}

/** The id of a key; undefined for what was never one. */
export function idOfKeyText(text: string): string | undefined {
  if (!shape.test(text) || checksumOf(text.slice(0, -checksumLength)) !== text.slice(-checksumLength)) return undefined
  return text.slice(prefix.length, prefix.length + idLength)
}

/** Whether the text of a key stands anywhere in it, be it known or not. */
export function holdsKey(text: string): boolean {
  for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1))
    if (idOfKeyText(text.slice(at, at + keyLength)) !== undefined) return true
  return false
}

/** So many random bits need neither salt nor a slow hash. */
export const hashOfKeyText = (text: string): string => hash('sha256', text, 'base64url')

/** Whether the text is that of the hash, in a time that does not tell how nearly. */
export const isOfHash = (text: string, kept: string): boolean =>
  timingSafeEqual(Buffer.from(hashOfKeyText(text)), Buffer.from(kept))

function randomDigits(length: number): string {
  let text = ''
  while (text.length < length) text += digits[randomInt(digits.length)]
  return text
}

function checksumOf(text: string): string {
  let rest = crc32(text)
  let written = ''
  while (written.length < checksumLength) {
    written = `${digits[rest % digits.length]}${written}`
    rest = Math.floor(rest / digits.length)
  }
  return written
}
