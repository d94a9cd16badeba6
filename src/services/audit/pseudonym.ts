/** Pseudonyms: a keyed hash in place of a personal value, so that one person's records can be told together without a name. */

import { createHmac, hkdfSync, type KeyObject } from 'node:crypto'
import { TextCache } from '../../core/text-cache.ts'

/**
 * The pseudonym of a value of one member: `user.id`, `ip`, `resource`, `details.NAME`. One value has one pseudonym under
 * each member, whichever route, log or machine writes it.
 */
export type Pseudonym = (member: string, value: string) => string

const remembered = { texts: 4_096, characters: 1_048_576 }

/** 128 bits in base64url. */
const length = 22

/** What keeps the key of the pseudonyms apart from every other use of the signing key (RFC 5869 §3.2). */
const purpose = 'portcullis/audit/pseudonyms'

/**
 * Makes pseudonyms by HMAC-SHA256 under a key of their own, or under one that is derived from the log's signing key. The
 * member's name is hashed too: else who sends values of his choice in one member could try out what stands in another.
 */
export function pseudonymsOf(key: Buffer | KeyObject): Pseudonym {
  const secret = Buffer.isBuffer(key) ? key : derive(key)
  const cache = new TextCache<string>(remembered)
  return function pseudonym(member, value) {
    const text = `${member}\0${value}`
    const known = cache.get(text)
    if (known !== undefined) return known
    const made = `pseudonym:${createHmac('sha256', secret).update(text).digest('base64url').slice(0, length)}`
    cache.set(text, made)
    return made
  }
}

const derive = (key: KeyObject): Buffer =>
  Buffer.from(hkdfSync('sha256', key.export({ format: 'der', type: 'pkcs8' }), '', purpose, 32))
