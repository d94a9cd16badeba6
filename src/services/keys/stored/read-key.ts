/**
 * Reads a stored key, of which only what was sealed is believed: whoever can write to the database, and has no field key,
 * changes neither a key nor what it is for.
 */

import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { KeptSigningKey } from '../../accounts/signing-keys.ts'
import { type Algorithm, algorithmsOf, isAlgorithm, isSymmetric } from '../algorithm.ts'
import type { SigningKey } from '../signing-key.ts'
import { thumbprint } from '../thumbprint.ts'

type SealedKey = JsonWebKey & { readonly alg: Algorithm }

/** Throws `TypeError`, which quotes nothing of the key. */
export function readSigningKey({ kid, privateKey }: KeptSigningKey): SigningKey {
  const jwk = parse(privateKey)
  const key = jwk && (isSymmetric(jwk.alg) ? readShared(jwk) : readPrivate(jwk))
  if (jwk === undefined || key === undefined || !algorithmsOf(key).includes(jwk.alg) || !isNamed(kid, key))
    throw new TypeError(`the signing key \`${kid}\` cannot be used: it is not the JWK that was stored`)
  return { kid, algorithm: jwk.alg, key }
}

function parse(text: string): SealedKey | undefined {
  try {
    const jwk: unknown = JSON.parse(text)
    return isAlgorithm((jwk as SealedKey | null)?.alg) ? (jwk as SealedKey) : undefined
  } catch {
    return undefined
  }
}

/** As long as the hash at least (RFC 7518 §3.2). */
function readShared({ alg, k }: SealedKey): KeyObject | undefined {
  const bytes = Buffer.from(typeof k === 'string' ? k : '', 'base64url')
  return bytes.length * 8 >= Number(alg.slice(2)) ? createSecretKey(bytes) : undefined
}

function readPrivate(jwk: SealedKey): KeyObject | undefined {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

const isNamed = (kid: string, key: KeyObject): boolean =>
  key.type === 'secret' || kid === thumbprint(createPublicKey(key).export({ format: 'jwk' }))
