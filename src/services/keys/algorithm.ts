/** The signature algorithms that are known (RFC 7518 §3.1, RFC 8037 §3.1), and which of them a key can serve. */

import type { KeyObject } from 'node:crypto'

export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
export type Algorithm = (typeof algorithms)[number]

export const isAlgorithm = (name: unknown): name is Algorithm => (algorithms as readonly unknown[]).includes(name)

/** Whether the algorithm is an HMAC: who can verify can sign. */
export const isSymmetric = (algorithm: Algorithm): boolean => algorithm.startsWith('HS')

const byCurve: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}

const byType: Readonly<Record<string, readonly Algorithm[]>> = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ed25519: ['EdDSA'],
}

/** The algorithms that a key's own type and curve allow; none for a key that verifies no token. */
export function algorithmsOf(key: KeyObject): readonly Algorithm[] {
  if (key.type === 'secret') return ['HS256', 'HS384', 'HS512']
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'ec') return byCurve[details?.namedCurve ?? ''] ?? []
  if (key.asymmetricKeyType === 'rsa-pss')
    return algorithms.filter((name) => name === `PS${details?.hashAlgorithm?.slice(3)}`)
  return byType[key.asymmetricKeyType ?? ''] ?? []
}
