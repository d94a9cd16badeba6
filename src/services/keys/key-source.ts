/** Where an issuer's keys come from. */

import type { KeyObject } from 'node:crypto'
import { type Denial, deny } from '../../core/denial.ts'
import type { Clock } from '../clock.ts'
import type { Algorithm } from './algorithm.ts'
import type { VerificationKey } from './public-key.ts'

/** What a token says of its key. */
export interface Wanted {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

export interface KeySource {
  /** Another number whenever the keys change: what was proven under an older one is proven no more. */
  readonly generation: number
  /** Keys that may have signed; a denial while none are known. */
  find(wanted: Wanted): readonly KeyObject[] | Denial
  /** Looks for new keys where the wanted one is not known; nothing to wait for where that is no use. */
  renew(wanted: Wanted): Promise<void> | undefined
  close(): void
}

/** More keys than these are not tried on one token: it has to say which. */
const maxTries = 8

/**
 * The keys that fit: those that bear the token's `kid`; failing that, those without one; all of the algorithm where the
 * token has none.
 */
export function selectKeys(keys: readonly VerificationKey[], { algorithm, kid }: Wanted): readonly KeyObject[] {
  const able = keys.filter((key) => key.algorithms.includes(algorithm))
  const named = kid === undefined ? able : able.filter((key) => key.kid === kid)
  const chosen = named.length > 0 ? named : able.filter((key) => key.kid === undefined)
  return chosen.length > maxTries ? [] : chosen.map(({ key }) => key)
}

/** Keys that stand in the policy and never change. */
export function staticKeys(keys: readonly VerificationKey[]): KeySource {
  return { generation: 0, find: (wanted) => selectKeys(keys, wanted), renew: () => undefined, close: () => {} }
}

interface Passing {
  readonly key: VerificationKey
  /** Milliseconds since the Unix epoch, up to which it counts; always where there is none. */
  readonly until: number | undefined
}

/** Keys of which some are accepted for a time, while another takes their place. */
export function rotatingKeys(passing: readonly Passing[], clock: Clock): KeySource {
  const accepted = () => passing.filter(({ until }) => until === undefined || clock.now() < until)
  return {
    get generation() {
      return passing.length - accepted().length
    },
    find: (wanted) =>
      selectKeys(
        accepted().map(({ key }) => key),
        wanted,
      ),
    renew: () => undefined,
    close: () => {},
  }
}

/** No keys yet; come back in so many milliseconds. */
export const keysUnavailable = (milliseconds: number): Denial =>
  deny('keys_unavailable', { headers: ['Retry-After', String(Math.max(1, Math.ceil(milliseconds / 1000)))] })
