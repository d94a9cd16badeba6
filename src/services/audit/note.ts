/** Signed heads as C2SP checkpoints (c2sp.org/tlog-checkpoint), so that tools of other makers can check them. */

import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

/** What a log had grown to when it was signed. */
export interface Checkpoint {
  /** The log, and the name of the key that signed. */
  readonly origin: string
  readonly size: number
  /** In base64. */
  readonly root: string
}

/** A checkpoint and who says so. */
export interface SignedHead extends Checkpoint {
  /** The note as it stands, signature line included. */
  readonly text: string
  /** The four bytes that name the key, in hex. */
  readonly keyId: string
  readonly signature: Buffer
}

const originPrefix = 'portcullis/audit/'
export const originOf = (log: string): string => `${originPrefix}${log}`
/** The id of the log, of an origin of ours. */
export const logOf = (origin: string): string | undefined =>
  origin.startsWith(originPrefix) ? origin.slice(originPrefix.length) : undefined

const bodyOf = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${root}\n`

/** Ed25519 in signed notes (c2sp.org/signed-note, Signature types). */
const ed25519 = Buffer.of(1)

/** The 32 bytes of an Ed25519 public key (RFC 8032 §5.1.5). */
const rawOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')

const keyIdOf = (name: string, raw: Buffer): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), ed25519, raw]), 'buffer').subarray(0, 4)

/** A public key as verifiers of signed notes take it: name, key id, key. */
export function vkeyOf(name: string, key: KeyObject): string {
  const raw = rawOf(key)
  return `${name}+${keyIdOf(name, raw).toString('hex')}+${Buffer.concat([ed25519, raw]).toString('base64')}`
}

const vkeyPattern = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/

/** Reads a verifier key; nothing where it is none, or names another key than it holds. */
export function readVkey(text: string): { readonly name: string; readonly key: KeyObject } | undefined {
  const [, name = '', id, encoded = ''] = vkeyPattern.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== 1) return undefined
  const raw = bytes.subarray(1)
  if (keyIdOf(name, raw).toString('hex') !== id) return undefined
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
  return { name, key: createPublicKey({ format: 'jwk', key: jwk }) }
}

/** Signs a checkpoint with an Ed25519 private key. */
export function signHead(checkpoint: Checkpoint, key: KeyObject): string {
  const body = bodyOf(checkpoint)
  const id = keyIdOf(checkpoint.origin, rawOf(createPublicKey(key)))
  const signature = Buffer.concat([id, sign(null, Buffer.from(body), key)])
  return `${body}\n— ${checkpoint.origin} ${signature.toString('base64')}\n`
}

const base64Hash = '[A-Za-z0-9+/]{43}='
/** Four bytes of key id and 64 of signature are 92 characters in base64. */
const notePattern = `([^\\s"\\\\+]+)\\n(0|[1-9]\\d{0,15})\\n(${base64Hash})\\n\\n— \\1 ([A-Za-z0-9+/]{91}=)\\n`
const exactly = new RegExp(`^${notePattern}$`)
const anywhere = new RegExp(notePattern, 'g')

/** Reads one signed head, to the byte as `signHead` writes it; nothing where it is none. */
export function readHead(text: string): SignedHead | undefined {
  const [, origin = '', size, root = '', encoded = ''] = exactly.exec(text) ?? []
  if (size === undefined || !Number.isSafeInteger(Number(size))) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded || Buffer.from(root, 'base64').toString('base64') !== root) return undefined
  const [id, signature] = [bytes.subarray(0, 4), bytes.subarray(4)]
  return { origin, size: Number(size), root, text, keyId: id.toString('hex'), signature }
}

/**
 * Finds the signed heads in whatever holds them: notes one after another, log lines with a note as a JSON string, the
 * output of other tools.
 */
export function findHeads(text: string): readonly SignedHead[] {
  const plain = text.replaceAll(/\r\n|\\n/g, '\n').replaceAll(/\\u2014|\\xe2\\x80\\x94/g, '—')
  return [...plain.matchAll(anywhere)].flatMap(([note]) => readHead(note) ?? [])
}

/** Whether the key signed the head. */
export function isSignedBy(head: SignedHead, key: KeyObject): boolean {
  if (keyIdOf(head.origin, rawOf(key)).toString('hex') !== head.keyId) return false
  return verify(null, Buffer.from(bodyOf(head)), key, head.signature)
}
