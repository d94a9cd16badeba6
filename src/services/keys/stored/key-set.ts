/** The keys of one issuer, as they were read from the store: what verifies, what signs, what is published. */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import type { KeptSigningKey } from '../../accounts/signing-keys.ts'
import { type Algorithm, algorithmsOf, isAlgorithm, isSymmetric } from '../algorithm.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SigningKey } from '../signing-key.ts'

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

/** Nothing where none of them signs. Throws `TypeError` for a key that cannot be read. */
export function readKeySet(kept: readonly KeptSigningKey[]): KeySet | undefined {
  const current = kept.find(({ state }) => state === 'current')
  if (current === undefined) return undefined
  return Object.freeze({
    verifying: kept.map(verificationKey),
    signing: { kid: current.kid, algorithm: algorithmOf(current), key: privateKeyOf(current) },
    published: publish(kept),
  })
}

/** A key is for its one algorithm (RFC 8725 §3.1). */
const verificationKey = (kept: KeptSigningKey): VerificationKey => ({
  kid: kept.kid,
  key: isShared(kept) ? privateKeyOf(kept) : createPublicKey({ key: jwkOf(kept, kept.publicKey), format: 'jwk' }),
  algorithms: [algorithmOf(kept)],
})

function algorithmOf({ kid, algorithm }: KeptSigningKey): Algorithm {
  if (isAlgorithm(algorithm)) return algorithm
  throw new TypeError(`the signing key \`${kid}\` is for \`${algorithm}\`, which is not known here`)
}

const isShared = (kept: KeptSigningKey): boolean => isSymmetric(algorithmOf(kept))

function privateKeyOf(kept: KeptSigningKey): KeyObject {
  const jwk = jwkOf(kept, kept.privateKey)
  const key = isShared(kept)
    ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'))
    : createPrivateKey({ key: jwk, format: 'jwk' })
  if (algorithmsOf(key).includes(algorithmOf(kept))) return key
  throw new TypeError(`the signing key \`${kept.kid}\` is no key for ${kept.algorithm}`)
}

function jwkOf({ kid }: KeptSigningKey, text: string): JsonWebKey {
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`the signing key \`${kid}\` is not a JWK`)
  }
}

/** A secret that both sides share is published to nobody. The key that signs stands first. */
function publish(kept: readonly KeptSigningKey[]): PublishedKeys {
  const order = ['current', 'next', 'previous']
  const keys = kept
    .filter((key) => !isShared(key))
    .toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state))
    .map((key) => ({ ...jwkOf(key, key.publicKey), kid: key.kid, alg: key.algorithm, use: 'sig' }))
  const body = JSON.stringify({ keys })
  return { body, tag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}
