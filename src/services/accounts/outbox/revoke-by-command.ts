/** Takes tokens back by a command: sessions end, access tokens are good no longer, and it is on record, all in one. */

import type { Statements } from '../../database/database.ts'
import type { Entry } from '../../revocation/entry.ts'
import { endKeys } from '../api-keys/end-keys.ts'
import type { StoreContext } from '../context.ts'
import { endSessions } from '../refresh/end-sessions.ts'
import type { Act, Operator } from './act.ts'

export interface RevokeOrder extends Pick<Act, 'details'> {
  readonly operator: Operator
  /** What ends with it. */
  readonly ends?: Ends
  /** What revokes the access tokens, those of the sessions that have ended among them. */
  revoked(sessions: readonly string[]): readonly Entry[]
}

export type Ends = { readonly account: string; readonly apiKeys?: boolean } | { readonly session: string }

/** How many of each have ended. */
export interface Ended {
  readonly sessions: number
  readonly apiKeys: number
}

export function revokeByCommand(context: StoreContext, order: RevokeOrder): Promise<Ended> {
  const { database, clock, outbox, revocations } = context
  return database.transact(async (statements) => {
    const { ends } = order
    const ended = await end(statements, order, clock.now())
    const hasKeys = ends !== undefined && 'account' in ends && ends.apiKeys === true
    const apiKeys = hasKeys ? await endKeys(statements, ends.account, clock.now()) : 0
    const details = { ...order.details, sessions: ends && ended.length, apiKeys: hasKeys ? apiKeys : undefined }
    await outbox.add(statements, { event: 'auth.revoked', operator: order.operator, details })
    await revocations.add(statements, order.revoked(ended))
    return { sessions: ended.length, apiKeys }
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
