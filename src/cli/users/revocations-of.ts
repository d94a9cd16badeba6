/** What revokes every access token that an account, or a session, has by now. */

import type { Revoking } from '../../services/accounts/outbox/kept-revocations.ts'
import type { NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import { accessTtlOf, readKeyRules } from '../../services/keys/stored/key-life.ts'
import { sessionEntry, userEntry } from '../../services/revocation/entry.ts'

/** Milliseconds that a revocation is remembered at least: tokens may be from before `accessTtl` was made shorter. */
const leastMemory = 86_400_000

/** When the last access token of a builtin issuer that is about by now has expired. */
export const lastExpiry = ({ value }: NamedIssuer, now: number): number =>
  now + Math.max(accessTtlOf(value), leastMemory)

/** When no key that signs now is accepted any more: `portcullis token` makes tokens that live longer than others. */
function lastKeyExpiry(issuer: NamedIssuer, now: number): number {
  const { rotateEvery, keptFor } = readKeyRules(issuer.value)
  return Math.max(now + rotateEvery + keptFor, lastExpiry(issuer, now))
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
      const ofUser = { now, time, until: until ?? lastKeyExpiry(issuer, now) }
      const ofSession = { now, until: until ?? lastExpiry(issuer, now) }
      return [userEntry(claim, account, ofUser), ...sessions.map((id) => sessionEntry(claim, id, ofSession))]
    })
}
