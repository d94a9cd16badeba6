/** How long the keys of a `builtin` issuer sign, and how long they are known before and after. */

import { readDuration } from '../../../core/duration.ts'
import { type Algorithm, isAlgorithm } from '../algorithm.ts'
import type { IssuerBlock } from '../issuer.ts'

const minute = 60_000

/** Milliseconds until a node looks at the store again, on average, and at most: a revoked key signs no longer than that. */
export const rereadEvery = 1_000
export const rereadJitter = 0.25
export const longestReread = rereadEvery * (1 + rereadJitter)

/** Milliseconds that caches may keep the published keys. */
export const jwksMaxAge = 5 * minute

/** Milliseconds by which the clocks of nodes may differ. */
const skew = minute

/** Milliseconds that a key is published before it signs: by then no cache is without it. */
export const publishedBefore = jwksMaxAge + longestReread + skew

/** What an issuer says of its keys; times in milliseconds. */
export interface KeyRules {
  /** What tokens may be signed with; new keys are for the first. */
  readonly algorithms: readonly [Algorithm, ...Algorithm[]]
  /** A key signs so long. */
  readonly rotateEvery: number
  /** A key is accepted so long after it has signed: until no token of it is alive. */
  readonly keptFor: number
}

type Written = Pick<IssuerBlock, 'accessTtl' | 'algorithms' | 'rotateKeys'>

/** The algorithm of a `builtin` issuer that names none. */
const usualAlgorithm = 'ES256'
const usualAccessTtl = '10m'
export const usualRotation = '30d'

/** Milliseconds that an access token of a `builtin` issuer lives. */
export const accessTtlOf = ({ accessTtl = usualAccessTtl }: Pick<IssuerBlock, 'accessTtl'>): number =>
  readDuration(accessTtl)

/** Of a block without faults. */
export function readKeyRules({ algorithms = [], rotateKeys, ...block }: Written): KeyRules {
  const [first = usualAlgorithm, ...others] = algorithms.filter(isAlgorithm)
  return {
    algorithms: [first, ...others],
    rotateEvery: readDuration(rotateKeys ?? usualRotation),
    keptFor: keptFor(accessTtlOf(block)),
  }
}

/** A node that has not looked yet signs with the key that was; and `accessTtl` may have been longer before. */
const keptFor = (accessTtl: number): number => Math.max(accessTtl, 60 * minute) + longestReread + skew

/** The shortest `rotateKeys`, in milliseconds: caches know the next key, and the tokens of the previous one are over. */
export const shortestRotation = (block: Pick<IssuerBlock, 'accessTtl'>): number => accessTtlOf(block) + publishedBefore
