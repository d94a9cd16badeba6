/** Keys of sensitive columns: what is written is sealed with the current one, what was written before opens with its own. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { findWeakness } from '../../keys/hmac-secret.ts'

/** Where a value stands; a sealed value opens nowhere else. */
export interface Place {
  readonly table: string
  readonly column: string
  /** The primary key of its row. */
  readonly row: string
}

export interface KeyRing {
  /** What every value that the current key has sealed begins with. */
  readonly currentPrefix: string
  seal(text: string, place: Place): string
  /** Throws `FieldFault`. */
  open(sealed: string, place: Place): string
}

/** A value cannot be opened: its key is not in the ring, or it was changed, or moved from another place. */
export class FieldFault extends Error {
  override readonly name = 'FieldFault'

  constructor({ table, column, row }: Place, reason: string) {
    super(`\`${table}.${column}\` of row \`${row}\` cannot be opened: ${reason}`)
  }
}

interface FieldKey {
  readonly id: string
  readonly bytes: Buffer
}

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/**
 * The first secret is the current one; the others only open. A new one is first made known to all nodes as one of the
 * others, and then the current one. Throws `TypeError` for a weak one, which it does not quote.
 */
export function createKeyRing([current, ...older]: readonly Uint8Array[]): KeyRing {
  if (current === undefined) throw new TypeError('expected at least one field key')
  const currentKey = deriveKey(current)
  const keys = new Map([currentKey, ...older.map(deriveKey)].map((key) => [key.id, key]))
  return {
    currentPrefix: prefixOf(currentKey),
    seal: (text, place) => seal(currentKey, text, place),
    open: (sealed, place) => open(keys, sealed, place),
  }
}

/** A secret is not itself a key, and its id tells nothing of it (RFC 5869). */
function deriveKey(secret: Uint8Array): FieldKey {
  const weakness = findWeakness(Buffer.from(secret))
  if (weakness !== undefined) throw new TypeError(weakness)
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `portcullis field ${purpose}`, length))
  return { id: derive('key id', 6).toString('base64url'), bytes: derive('encryption', 32) }
}

const prefixOf = ({ id }: FieldKey): string => `${version}.${id}.`

/** The nonce is random: one key is good for 2^32 values (NIST SP 800-38D §8.3). */
function seal(key: FieldKey, text: string, place: Place): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
  cipher.setAAD(contextOf(key, place))
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return prefixOf(key) + sealed.toString('base64url')
}

function open(keys: ReadonlyMap<string, FieldKey>, sealed: string, place: Place): string {
  const [form, id = '', text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  if (form !== version || bytes.length < nonceBytes + tagBytes) throw new FieldFault(place, 'it is not a sealed value')
  const key = keys.get(id)
  if (key === undefined) throw new FieldFault(place, `its key \`${id}\` is not among those that are known`)
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(contextOf(key, place))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  try {
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    throw new FieldFault(place, 'it was changed, or it is of another place')
  }
}

/** An array of JSON: no two places are written alike. */
const contextOf = ({ id }: FieldKey, { table, column, row }: Place): Buffer =>
  Buffer.from(JSON.stringify([version, id, table, column, row]))
