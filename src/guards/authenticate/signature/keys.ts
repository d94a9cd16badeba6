/** The secrets that signatures are judged by: those of the policy, and while they are rotated the values before and after. */

import { createSecretKey, type KeyObject } from 'node:crypto'
import { StartFault } from '../../../core/start-fault.ts'
import type { Clock } from '../../../services/clock.ts'
import { readSecret } from '../../../services/keys/hmac-secret.ts'
import type { Services } from '../../../services/services.ts'
import { findSecretFault } from './check-signature.ts'

interface Key {
  readonly key: KeyObject
  /** Milliseconds since the Unix epoch; none while it counts without end. */
  readonly until: number | undefined
}

/** Those that count now. */
export type Keys = () => readonly KeyObject[]

export function openKeys(secrets: readonly string[], { othersOf, clock, log }: Services): Keys {
  const others = secrets.flatMap(othersOf).flatMap(({ secret, until }): readonly Key[] => {
    if (findSecretFault(secret.reveal()) === undefined) return [{ key: keyOf(secret.reveal()), until }]
    log.warn({}, `another value of the secret \`${secret.name}\` is not accepted: \`check\` would refuse it`)
    return []
  })
  return countingNow([...secrets.map((text) => ({ key: keyOf(text), until: undefined })), ...others], clock)
}

const countingNow =
  (keys: readonly Key[], clock: Clock): Keys =>
  () =>
    keys.flatMap(({ key, until }) => (until === undefined || clock.now() < until ? [key] : []))

function keyOf(text: string): KeyObject {
  const bytes = readSecret(text)
  if (bytes === undefined) throw new StartFault('expected base64 after `base64:` in the `secret` of a `signature`')
  return createSecretKey(bytes)
}
