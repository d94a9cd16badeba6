/** Reads a public key from PEM or JWK (RFC 7517), and refuses those that prove nothing. */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type Algorithm, algorithmsOf } from './algorithm.ts'
import { isRoca } from './roca.ts'

/** A key that may verify tokens. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly key: KeyObject
  /** What its type and curve allow, narrowed by the JWK's own `alg`. */
  readonly algorithms: readonly Algorithm[]
}

/** Why a key is not taken; the message is fit for a diagnostic. */
export class KeyFault {
  readonly rule: 'issuers/invalid-key' | 'issuers/unusable-key' | 'issuers/private-key' | 'issuers/weak-key'
  readonly message: string

  constructor(rule: KeyFault['rule'], message: string) {
    this.rule = rule
    this.message = message
  }
}

/** Reads PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`), the JSON text of a JWK, or a JWK itself. */
export function readPublicKey(source: unknown): VerificationKey | KeyFault {
  if (typeof source !== 'string') return readJwk(source)
  return source.trimStart().startsWith('{') ? readJwkText(source) : readPem(source)
}

function readJwkText(text: string): VerificationKey | KeyFault {
  try {
    return readJwk(JSON.parse(text))
  } catch {
    return new KeyFault('issuers/invalid-key', 'expected a public key as PEM or JWK, not broken JSON')
  }
}

function readPem(text: string): VerificationKey | KeyFault {
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1] ?? ''
  if (label.endsWith('PRIVATE KEY'))
    return new KeyFault('issuers/private-key', 'expected a public key, not a private one')
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') {
    return new KeyFault(
      'issuers/invalid-key',
      `expected a public key as PEM or JWK, not ${label === '' ? 'other text' : `\`${label}\``}`,
    )
  }
  return judgeKey(importKey(text), undefined)
}

/** Reads a JWK; only the members that make the public key are handed on. */
export function readJwk(jwk: unknown): VerificationKey | KeyFault {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    return new KeyFault('issuers/invalid-key', 'expected a public key as PEM or JWK')
  }
  const { kty, use, key_ops: uses, alg, kid } = jwk as Readonly<Record<string, unknown>>
  if (kty === 'oct' || Object.hasOwn(jwk, 'd'))
    return new KeyFault('issuers/private-key', 'expected a public key, not a private one')
  if (kid !== undefined && typeof kid !== 'string')
    return new KeyFault('issuers/invalid-key', 'expected `kid` to be text')
  if (
    (use !== undefined && use !== 'sig') ||
    (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify')))
  ) {
    return new KeyFault('issuers/unusable-key', 'expected a key for verifying, not for another use')
  }
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP')
    return new KeyFault('issuers/unusable-key', 'expected `kty` to be RSA, EC or OKP')
  const key = judgeKey(importKey(pickPublic(jwk as JsonWebKey)), kid)
  return key instanceof KeyFault || alg === undefined ? key : narrow(key, alg)
}

/** The members that make a public key (RFC 7518 §6), and no other. */
const pickPublic = (jwk: JsonWebKey): JsonWebKey =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => /^(kty|n|e|crv|x|y)$/.test(name)))

function importKey(source: string | JsonWebKey): KeyObject | undefined {
  try {
    return typeof source === 'string' ? createPublicKey(source) : createPublicKey({ key: source, format: 'jwk' })
  } catch {
    return undefined
  }
}

function judgeKey(key: KeyObject | undefined, kid: string | undefined): VerificationKey | KeyFault {
  if (key === undefined)
    return new KeyFault('issuers/invalid-key', 'expected a public key, found one that cannot be read')
  const algorithms = algorithmsOf(key)
  if (algorithms.length === 0)
    return new KeyFault('issuers/unusable-key', 'expected an RSA, P-256, P-384, P-521 or Ed25519 key')
  const weakness = key.asymmetricKeyType?.startsWith('rsa') ? findRsaWeakness(key) : undefined
  return weakness === undefined ? { kid, key, algorithms } : new KeyFault('issuers/weak-key', weakness)
}

function findRsaWeakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048) return `expected an RSA key of at least 2048 bits, found ${modulusLength}`
  if (publicExponent < 3n || publicExponent % 2n === 0n)
    return `expected an odd RSA exponent of at least 3, found ${publicExponent}`
  if (key.asymmetricKeyType === 'rsa' && isRoca(readModulus(key)))
    return 'expected an RSA key that cannot be factored, found a ROCA one (CVE-2017-15361)'
  return undefined
}

const readModulus = (key: KeyObject): bigint =>
  BigInt(`0x${Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`)

function narrow(key: VerificationKey, alg: unknown): VerificationKey | KeyFault {
  const algorithms = key.algorithms.filter((name) => name === alg)
  if (algorithms.length > 0) return { ...key, algorithms }
  return new KeyFault('issuers/unusable-key', `expected \`alg\` to be one of ${key.algorithms.join(', ')}`)
}
