/** When a login may be tried again: the rules, without the store that counts. */

/** Attempts in a row that did not succeed; those under way count until they do. */
export interface Failures {
  readonly failures: number
  /** Milliseconds; of the last one that was admitted. */
  readonly lastAt: number
}

export interface ThrottleRules {
  /** So many wait for nothing: everybody mistypes. */
  readonly free: number
  /** Milliseconds after the first one that is not free; each further one doubles them. */
  readonly firstDelay: number
  readonly maxDelay: number
  /** After so many in a row nobody is admitted until somebody unlocks (NIST SP 800-63B-4 §3.2.2). */
  readonly lockAt: number
}

/** Somebody who guesses at one account. */
export const accountRules: ThrottleRules = { free: 5, firstDelay: 1_000, maxDelay: 900_000, lockAt: 100 }

/** Somebody who guesses at many; behind an address may be a whole office, so that it is never locked. */
export const addressRules: ThrottleRules = {
  free: 50,
  firstDelay: 1_000,
  maxDelay: 900_000,
  lockAt: Number.POSITIVE_INFINITY,
}

/** Milliseconds in which an address is forgiven one failure. */
const forgivenessTime = 60_000

/** Milliseconds by which clocks of two nodes may differ. */
const maxSkew = 60_000

export interface TooSoon {
  readonly isAdmitted: false
  /** No wait helps, although `retryAfter` says one: an unlock does. */
  readonly isLocked: boolean
  /** Milliseconds. */
  readonly retryAfter: number
}

export type Admission = { readonly isAdmitted: true } | TooSoon

const admitted: Admission = { isAdmitted: true }

export function judge({ failures, lastAt }: Failures, rules: ThrottleRules, now: number): Admission {
  if (failures >= rules.lockAt) return { isAdmitted: false, isLocked: true, retryAfter: rules.maxDelay }
  // A clock that was set back keeps nobody out: what it is written over with is of the new time.
  if (lastAt - now > maxSkew) return admitted
  const retryAfter = lastAt + delayAfter(failures, rules) - now
  return retryAfter > 0 ? { isAdmitted: false, isLocked: false, retryAfter } : admitted
}

/** Milliseconds between that many failures and the next attempt. */
export function delayAfter(failures: number, { free, firstDelay, maxDelay }: ThrottleRules): number {
  return failures < free ? 0 : Math.min(firstDelay * 2 ** (failures - free), maxDelay)
}

/** What is left of an address's failures by now. An account's are in a row, however long that takes. */
export function forgive({ failures, lastAt }: Failures, now: number): Failures {
  const forgiven = Math.max(0, Math.floor((now - lastAt) / forgivenessTime))
  return { failures: Math.max(0, failures - forgiven), lastAt }
}

/** The stricter of two. */
export function stricter(one: Admission, other: Admission): Admission {
  if (one.isAdmitted) return other
  if (other.isAdmitted || one.isLocked) return one
  return other.isLocked || other.retryAfter > one.retryAfter ? other : one
}
