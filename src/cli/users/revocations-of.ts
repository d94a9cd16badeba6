/** What revokes every access token that an account, or a session, has by now. */

import type { Revoking } from '../../services/accounts/outbox/kept-revocations.ts'
import type { NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import { readKeyRules } from '../../services/keys/stored/key-life.ts'
import { sessionEntry, userEntry } from '../../services/revocation/entry.ts'

/** Milliseconds that a revocation is remembered at least: the rules of the keys may have been others before. */
const leastMemory = 86_400_000

/**
 * When no token counts any more that a key of now has signed, or signs until it is rotated: `portcullis token` makes such as
 * live longer than `accessTtl`.
 */
export function lastExpiry({ value }: NamedIssuer, now: number): number {
  const { rotateEvery, keptFor } = readKeyRules(value)
  return now + Math.max(rotateEvery + keptFor, leastMemory)
}

interface Times {
  /** Tokens issued until then; until now unless told. */
  readonly time?: number
  /** When the last of the tokens has expired, where it is told. */
  readonly until?: number | undefined
}

/** Of the account by the time of its tokens, and of each session: a server whose clock is ahead dates tokens later. */
export function revocationsOf(issuers: readonly NamedIssuer[], account: string, { time, until }: Times = {}): Revoking {
  const now = Date.now()
  return (sessions) =>
    issuers.flatMap((issuer) => {
      const claim = issuerClaim(issuer.name, issuer.value)
      const times = { now, time, until: until ?? lastExpiry(issuer, now) }
      return [userEntry(claim, account, times), ...sessions.map((id) => sessionEntry(claim, id, times))]
    })
}
