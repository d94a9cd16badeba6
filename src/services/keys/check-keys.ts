/** Finds what is wrong with an issuer's keys and algorithms; text that stands for a value is judged once the value is there. */

import { isLoopbackHost } from '../../core/address.ts'
import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { checkOutgoing } from '../tls/check-outgoing.ts'
import { algorithms, isAlgorithm, isSymmetric } from './algorithm.ts'
import { findWeakness, readSecret } from './hmac-secret.ts'
import type { IssuerBlock } from './issuer.ts'
import type { issuerRules } from './issuer-rules.ts'
import { readJwksPlace } from './jwks-place.ts'
import { KeyFault, readPublicKey, type VerificationKey } from './public-key.ts'

/** A fault of one of the issuers' own rules. */
export const issuerFault = (rule: keyof typeof issuerRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path,
  message,
})

/** The faults of the algorithms and of the one source of keys, their paths inside the block. */
export const checkKeys = (block: IssuerBlock): readonly Fault[] =>
  [judgeAlgorithms, judgeSources, judgeJwks, judgeSecret, judgePublicKeys].flatMap((judge) => judge(block))

const sources = ['jwks', 'publicKeys', 'secret'] as const

const judgeAlgorithms = (block: IssuerBlock): readonly Fault[] =>
  block.algorithms === undefined
    ? [issuerFault('issuers/no-algorithms', [], 'expected `algorithms`')]
    : checkAlgorithms(block)

/** The faults of the algorithms that it names, if it names any. */
export function checkAlgorithms(block: IssuerBlock): readonly Fault[] {
  const { algorithms: names = [] } = block
  if (hasReference(names)) return []
  return names.flatMap((name, index) => (hasReference(name) ? [] : judgeAlgorithm(name, ['algorithms', index], block)))
}

function judgeAlgorithm(name: string, path: Fault['path'], block: IssuerBlock): readonly Fault[] {
  if (name.toLowerCase() === 'none')
    return [issuerFault('issuers/insecure-algorithm', path, '`none` accepts unsigned tokens')]
  if (!isAlgorithm(name))
    return [issuerFault('issuers/unknown-algorithm', path, `expected one of ${algorithms.join(', ')}, not \`${name}\``)]
  if (isSymmetric(name) && block.secret === undefined && (block.jwks ?? block.publicKeys) !== undefined) {
    return [issuerFault('issuers/algorithm-key-mismatch', path, `\`${name}\` needs a \`secret\`, not public keys`)]
  }
  if (!isSymmetric(name) && block.secret !== undefined) {
    return [
      issuerFault(
        'issuers/algorithm-key-mismatch',
        path,
        `\`${name}\` needs \`jwks\` or \`publicKeys\`, not a \`secret\``,
      ),
    ]
  }
  return []
}

function judgeSources(block: IssuerBlock): readonly Fault[] {
  const [first, ...others] = sources.filter((name) => block[name] !== undefined)
  if (first === undefined)
    return [issuerFault('issuers/no-keys', [], 'expected one of `jwks`, `publicKeys` or `secret`')]
  return others.map((name) => ({
    ...issuerFault('issuers/several-key-sources', [name], `\`${name}\` stands beside \`${first}\``),
    onKey: true,
  }))
}

function judgeJwks({ jwks }: IssuerBlock): readonly Fault[] {
  if (jwks === undefined || hasReference(jwks)) return []
  const place = readJwksPlace(jwks)
  const tls = checkOutgoing(place, {
    path: ['jwks'],
    plain: URL.parse(place.url)?.protocol === 'http:' ? 'http:' : undefined,
    rules: { unused: 'issuers/unused-tls', certificate: 'issuers/invalid-certificate' },
  })
  return [...judgeJwksUrl(place.url, typeof jwks === 'string' ? ['jwks'] : ['jwks', 'url']), ...tls]
}

function judgeJwksUrl(text: string, path: Fault['path']): readonly Fault[] {
  if (hasReference(text)) return []
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return [issuerFault('issuers/invalid-jwks', path, 'expected an https URL without credentials')]
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return []
  return [issuerFault('issuers/insecure-jwks', path, 'plain `http:` to another machine')]
}

function judgeSecret({ secret, algorithms: names = [] }: IssuerBlock): readonly Fault[] {
  if (secret === undefined || hasReference(secret)) return []
  const bytes = readSecret(secret)
  if (bytes === undefined) return [issuerFault('issuers/invalid-secret', ['secret'], 'expected base64 after `base64:`')]
  if (isKeyText(bytes))
    return [issuerFault('issuers/public-key-as-secret', ['secret'], 'expected a secret, found a key in PEM or JWK')]
  const weakness = findWeakness(bytes)
  if (weakness !== undefined) return [issuerFault('issuers/weak-secret', ['secret'], weakness)]
  const wanted = hasReference(names) ? 0 : Math.max(...names.map(hashBytes))
  if (bytes.length >= wanted) return []
  return [
    issuerFault(
      'issuers/short-secret',
      ['secret'],
      `expected a secret of at least ${wanted} bytes, found ${bytes.length}`,
    ),
  ]
}

const isKeyText = (bytes: Buffer): boolean => {
  const text = bytes.toString('latin1')
  return /-----BEGIN /.test(text) || /^\s*\{[\s\S]*"kty"/.test(text) || /^(ssh-|ecdsa-)/.test(text)
}

/** Bytes of the hash of an HMAC algorithm. */
const hashBytes = (name: string): number => Number(/^HS(256|384|512)$/.exec(name)?.[1] ?? 0) / 8

function judgePublicKeys({ publicKeys, algorithms: names }: IssuerBlock): readonly Fault[] {
  if (publicKeys === undefined || hasReference(publicKeys)) return []
  const read = publicKeys.map((source) => (hasReference(source) ? undefined : readPublicKey(source)))
  const faults = read.flatMap((key, index) =>
    key instanceof KeyFault ? [issuerFault(key.rule, ['publicKeys', index], key.message)] : [],
  )
  const keys = read.filter((key): key is VerificationKey => key !== undefined && !(key instanceof KeyFault))
  if (keys.length < read.length || names === undefined || hasReference(names) || names.some(hasReference)) return faults
  return judgePairs(names, keys)
}

/** Every algorithm needs a key, and every key an algorithm. */
function judgePairs(names: readonly string[], keys: readonly VerificationKey[]): readonly Fault[] {
  const served = keys.flatMap((key) => key.algorithms)
  const unserved = names.flatMap((name, index) =>
    !isAlgorithm(name) || isSymmetric(name) || served.includes(name)
      ? []
      : [
          issuerFault(
            'issuers/algorithm-key-mismatch',
            ['algorithms', index],
            `no key of \`publicKeys\` has the type and curve of \`${name}\``,
          ),
        ],
  )
  const idle = keys.flatMap((key, index) =>
    key.algorithms.some((name) => names.includes(name))
      ? []
      : [
          issuerFault(
            'issuers/algorithm-key-mismatch',
            ['publicKeys', index],
            `the key fits none of the \`algorithms\`, only ${key.algorithms.join(', ')}`,
          ),
        ],
  )
  return [...unserved, ...idle]
}
