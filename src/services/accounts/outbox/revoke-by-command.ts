/** Takes tokens back by a command: sessions end, access tokens are good no longer, and it is on record, all in one. */

import type { Statements } from '../../database/database.ts'
import type { Entry } from '../../revocation/entry.ts'
import type { StoreContext } from '../context.ts'
import { endSessions } from '../refresh/end-sessions.ts'
import type { Act } from './act.ts'

export interface RevokeOrder extends Pick<Act, 'operator' | 'details'> {
  /** What ends with it. */
  readonly ends?: { readonly account: string } | { readonly session: string }
  /** What revokes the access tokens, those of the sessions that have ended among them. */
  revoked(sessions: readonly string[]): readonly Entry[]
}

/** How many sessions have ended. */
export function revokeByCommand(context: StoreContext, order: RevokeOrder): Promise<number> {
  const { database, clock, outbox, revocations } = context
  return database.transact(async (statements) => {
    const ended = await end(statements, order, clock.now())
    const details = { ...order.details, sessions: order.ends && ended.length }
    await outbox.add(statements, { event: 'auth.revoked', operator: order.operator, details })
    await revocations.add(statements, order.revoked(ended))
    return ended.length
  })
}

async function end(statements: Statements, { ends }: RevokeOrder, now: number): Promise<readonly string[]> {
  if (ends === undefined) return []
  const because = 'revoked'
  if ('account' in ends) return endSessions(statements, { account: ends.account, because, except: undefined, now })
  const rows = await statements.query<{ readonly id: string }>(
    `update portcullis_refresh_families set revoked_at = $1, revoked_because = $2
     where id = $3 and revoked_at is null and expires_at > $1 returning id`,
    [now, because, ends.session],
  )
  return rows.map(({ id }) => id)
}
