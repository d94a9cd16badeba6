/** What revokes every access token that an account, or a session, has by now. */

import { readDuration } from '../../core/duration.ts'
import type { NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import { type Entry, sessionEntry, userEntry } from '../../services/revocation/entry.ts'

/** Milliseconds that a revocation is remembered at least: tokens may be from before `accessTtl` was made shorter. */
const leastMemory = 86_400_000

/** When the last access token of a builtin issuer that is about by now has expired. */
export const lastExpiry = ({ value }: NamedIssuer, now: number): number =>
  now + Math.max(readDuration(value.accessTtl ?? '10m'), leastMemory)

/** Of the account by the time of its tokens, and of each session: a server whose clock is ahead dates tokens later. */
export function revocationsOf(
  issuers: readonly NamedIssuer[],
  account: string,
  now = Date.now(),
): (sessions: readonly string[]) => readonly Entry[] {
  return (sessions) =>
    issuers.flatMap((issuer) => {
      const [claim, times] = [issuerClaim(issuer.name, issuer.value), { now, until: lastExpiry(issuer, now) }]
      return [userEntry(claim, account, times), ...sessions.map((id) => sessionEntry(claim, id, times))]
    })
}
