/** Makes keys to sign with, off the event loop. */

import { generateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { NewSigningKey } from '../../accounts/signing-keys.ts'
import { type Algorithm, isSymmetric } from '../algorithm.ts'
import { thumbprint } from '../thumbprint.ts'

const makePair = promisify(generateKeyPair)
const makeSecret = promisify(generateKey)

/** 128 bits of security (NIST SP 800-57 part 1, table 2). */
const modulusLength = 3_072

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** A key as it is stored: both halves as the JSON text of a JWK. */
export const makeSigningKey = (algorithm: Algorithm): Promise<NewSigningKey> =>
  isSymmetric(algorithm) ? makeShared(algorithm) : makeAsymmetric(algorithm)

/** As long as the hash (RFC 7518 §3.2); its name tells nothing of it. */
async function makeShared(algorithm: Algorithm): Promise<NewSigningKey> {
  const key = await makeSecret('hmac', { length: Number(algorithm.slice(2)) })
  return { kid: randomBytes(32).toString('base64url'), algorithm, publicKey: '', privateKey: textOf(key, algorithm) }
}

async function makeAsymmetric(algorithm: Algorithm): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await pairFor(algorithm)
  const kid = thumbprint(publicKey.export({ format: 'jwk' }))
  return { kid, algorithm, publicKey: textOf(publicKey, algorithm), privateKey: textOf(privateKey, algorithm) }
}

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function pairFor(algorithm: Algorithm): Promise<Pair> {
  const namedCurve = curves[algorithm]
  if (namedCurve !== undefined) return makePair('ec', { namedCurve })
  return algorithm === 'EdDSA' ? makePair('ed25519') : makePair('rsa', { modulusLength })
}

/** What it is for is sealed with it. */
const textOf = (key: KeyObject, alg: Algorithm): string => JSON.stringify({ ...key.export({ format: 'jwk' }), alg })
