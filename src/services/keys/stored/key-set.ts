/** The keys of one issuer, as they were read from the store: what verifies, what signs, what is published. */

import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { KeptSigningKey, SigningKeyState } from '../../accounts/signing-keys.ts'
import { isSymmetric } from '../algorithm.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SigningKey } from '../signing-key.ts'
import { readSigningKey } from './read-key.ts'

/** A JWK set (RFC 7517 §5) as it goes out. */
export interface PublishedKeys {
  readonly body: string
  /** An entity tag (RFC 9110 §8.8.3). */
  readonly tag: string
}

export interface KeySet {
  readonly verifying: readonly VerificationKey[]
  readonly signing: SigningKey
  readonly published: PublishedKeys
}

interface Stated extends SigningKey {
  readonly state: SigningKeyState
  /** What verifies: of a shared secret the same. */
  readonly verifying: KeyObject
}

/** Nothing where none of them signs. Throws `TypeError` for a key that cannot be read. */
export function readKeySet(kept: readonly KeptSigningKey[]): KeySet | undefined {
  const keys = kept.map(readStated)
  const current = keys.find(({ state }) => state === 'current')
  if (current === undefined) return undefined
  return Object.freeze({
    // A key is for its one algorithm (RFC 8725 §3.1).
    verifying: keys.map(({ kid, algorithm, verifying: key }) => ({ kid, key, algorithms: [algorithm] })),
    signing: current,
    published: publish(keys),
  })
}

function readStated(kept: KeptSigningKey): Stated {
  const signing = readSigningKey(kept)
  const verifying = signing.key.type === 'secret' ? signing.key : createPublicKey(signing.key)
  return { ...signing, state: kept.state, verifying }
}

const order: readonly SigningKeyState[] = ['current', 'next', 'previous']

/** A secret that both sides share is published to nobody. The key that signs stands first. */
function publish(keys: readonly Stated[]): PublishedKeys {
  const published = keys
    .filter(({ algorithm }) => !isSymmetric(algorithm))
    .toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state))
    .map(({ kid, algorithm: alg, verifying }) => ({ ...verifying.export({ format: 'jwk' }), kid, alg, use: 'sig' }))
  const body = JSON.stringify({ keys: published })
  return { body, tag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}
