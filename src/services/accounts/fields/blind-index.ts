/** What is looked up stands in its row as a keyed hash: it is found by who knows it, and read by nobody. */

import { createHmac, hkdfSync } from 'node:crypto'

/** The same text under two names gives two hashes. */
export type BlindIndex = (name: string, text: string) => string

/** One key for each name, derived from the root (RFC 5869). */
export function createBlindIndex(root: Uint8Array): BlindIndex {
  const keys = new Map<string, Buffer>()
  const keyOf = (name: string): Buffer => {
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = Buffer.from(hkdfSync('sha256', root, '', `portcullis blind index ${name}`, 32))
    keys.set(name, key)
    return key
  }
  return (name, text) => createHmac('sha256', keyOf(name)).update(text).digest('base64url')
}
