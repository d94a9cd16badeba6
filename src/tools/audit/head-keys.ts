/** The keys that heads are held against: those given, or else those that the log itself names. */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isSignedBy, readVkey, type SignedHead, vkeyOf } from '../../services/audit/note.ts'
import { Unreadable } from './report.ts'

export class HeadKeys {
  readonly #keys: KeyObject[]
  /** Whether somebody vouches for them. */
  readonly areGiven: boolean
  readonly #used = new Set<string>()

  /** With no keys given, those that the log names are added while it is read. */
  constructor(given: readonly KeyObject[]) {
    this.#keys = [...given]
    this.areGiven = given.length > 0
  }

  /** Takes the log's word for a key, where nobody else gave one; false where the text is no verifier key. */
  learn(vkey: string): boolean {
    const known = readVkey(vkey)
    if (known === undefined) return false
    if (!this.areGiven && !this.#keys.some((key) => key.equals(known.key))) this.#keys.push(known.key)
    return true
  }

  /** What is wrong with the signature of a head. */
  faultOf(head: SignedHead): string | undefined {
    const named = this.#keys.filter((key) => vkeyOf(head.origin, key).includes(`+${head.keyId}+`))
    const signer = named.find((key) => isSignedBy(head, key))
    if (signer !== undefined) {
      this.#used.add(vkeyOf(head.origin, signer))
      return undefined
    }
    if (named.length > 0) return 'has a wrong signature'
    return this.areGiven
      ? 'is signed with another key than the given one'
      : 'is signed with a key that the log does not name'
  }

  /** Those that signed a head, as verifier keys. */
  get used(): readonly string[] {
    return [...this.#used]
  }
}

/** Reads `--public-key`: a verifier key, PEM, or a file that holds some of either. */
export function readPublicKeys(given: readonly string[]): readonly KeyObject[] {
  return given.flatMap((text) => {
    const keys = keysIn(isInline(text) ? text : readFile(text))
    if (keys.length > 0) return keys
    throw new Unreadable(`no Ed25519 public key is in \`${text}\`: expected a verifier key or PEM`)
  })
}

const isInline = (text: string): boolean => text.includes('-----BEGIN') || readVkey(text.trim()) !== undefined

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Unreadable(`cannot read the public key \`${file}\`: ${(error as Error).message}`)
  }
}

/** A private key is not taken for its public half: it should not be where logs are verified. */
function keysIn(text: string): readonly KeyObject[] {
  const pems = text.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g) ?? []
  const vkeys = text.split(/\s+/).flatMap((word) => readVkey(word)?.key ?? [])
  return [...vkeys, ...pems.flatMap((pem) => readPem(pem) ?? [])]
}

function readPem(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}
