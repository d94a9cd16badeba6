/** Keeps the stored keys of an issuer as its rules have them: any node may do it, and of several one does. */

import type { Because, KeptSigningKey, SigningKeyFacts, SigningKeys } from '../../accounts/signing-keys.ts'
import type { Clock } from '../../clock.ts'
import { type KeyRules, publishedBefore } from './key-life.ts'
import { makeSigningKey } from './make-key.ts'

export type KeyStore = Pick<SigningKeys, 'list' | 'begin' | 'rotate' | 'replaceNext' | 'retire'>

export interface Upkeep {
  readonly issuer: string
  readonly store: KeyStore
  readonly clock: Clock
  readonly rules: KeyRules
}

/** The keys, of which one signs and one comes next: made where there are none. */
export async function listOrBegin({ issuer, store, rules }: Upkeep): Promise<readonly KeptSigningKey[]> {
  const known = await store.list(issuer)
  if (known.length > 0) return known
  const [current, next] = await Promise.all([first(rules), first(rules)])
  await store.begin(issuer, { current, next })
  return store.list(issuer)
}

/** A key for the algorithm that new keys are for. */
export const first = ({ algorithms: [algorithm] }: KeyRules) => makeSigningKey(algorithm)

export interface Roles {
  readonly current: SigningKeyFacts
  readonly next: SigningKeyFacts
}

/** Which key signs, and which comes next; nothing where there are none yet. */
export function rolesOf(keys: readonly SigningKeyFacts[]): Roles | undefined {
  const [current, next] = ['current', 'next'].map((state) => keys.find((key) => key.state === state))
  return current && next && { current, next }
}

/** When a key may sign that is published since it was made: every cache has it by then. */
export const signsAtEarliest = ({ createdAt }: SigningKeyFacts): number => createdAt + publishedBefore

/** Rotates when it is time, and takes away what no living token is signed with; whether the keys are others now. */
export async function tend(keys: readonly SigningKeyFacts[], upkeep: Upkeep): Promise<boolean> {
  const { issuer, store, clock, rules } = upkeep
  const roles = rolesOf(keys)
  const now = clock.now()
  const over = now - rules.keptFor
  const hasRetired =
    keys.some(({ signsUntil = now }) => signsUntil < over) && (await store.retire(issuer, over)).length > 0
  const isDue = roles && now - (roles.current.signsFrom ?? 0) >= rules.rotateEvery && now >= signsAtEarliest(roles.next)
  return isDue ? rotate(roles, upkeep, 'age') : hasRetired
}

/**
 * What the policy says of algorithms, applied when it comes into force and not while it is: two nodes of two policies would
 * take turns for ever. Whether the keys are others now.
 */
export async function align(keys: readonly SigningKeyFacts[], upkeep: Upkeep): Promise<boolean> {
  const { issuer, store, rules } = upkeep
  const roles = rolesOf(keys)
  if (roles === undefined) return false
  if (roles.next.algorithm !== rules.algorithms[0])
    return store.replaceNext(issuer, { from: roles.next.kid, fresh: await first(rules) })
  const isAccepted = (rules.algorithms as readonly string[]).includes(roles.current.algorithm)
  return isAccepted ? false : rotate(roles, upkeep, 'algorithm')
}

const rotate = async ({ current, next }: Roles, { issuer, store, rules }: Upkeep, because: Because): Promise<boolean> =>
  store.rotate(issuer, { from: current.kid, to: next.kid, fresh: await first(rules) }, because)
