/** An operator removes an account and all that belongs to it: who comes later under its name is somebody else. */

import type { Account } from '../account.ts'
import { endKeys } from '../api-keys/end-keys.ts'
import type { StoreContext } from '../context.ts'
import type { LoginFailures } from '../login-failures.ts'
import { endSessions } from '../refresh/end-sessions.ts'
import type { Operator } from './act.ts'
import type { Revoking } from './kept-revocations.ts'

export interface RemoveOrder {
  readonly account: Pick<Account, 'id' | 'username'>
  readonly operator: Operator
  /** What revokes the access tokens, those of the sessions that have ended among them. */
  readonly revoked: Revoking
}

/** What was alive of it. */
export interface Removed {
  readonly sessions: number
  readonly apiKeys: number
}

interface Parts {
  readonly context: StoreContext
  readonly failures: Pick<LoginFailures, 'forgive'>
}

/** Undefined where there is no such account. */
export function removeByCommand({ context, failures }: Parts, order: RemoveOrder): Promise<Removed | undefined> {
  const { database, clock, outbox, revocations } = context
  const { account, operator, revoked } = order
  const now = clock.now()
  return database.transact(async (statements) => {
    // First of all, so that no session begins and no key is made meanwhile.
    const found = await statements.query('select id from portcullis_accounts where id = $1 for update', [account.id])
    if (found.length === 0) return undefined
    const ended = await endSessions(statements, { account: account.id, because: 'removed', except: undefined, now })
    const apiKeys = await endKeys(statements, account.id, now)
    await statements.query('delete from portcullis_accounts where id = $1', [account.id])
    await failures.forgive(statements, account.username)
    const removed = { sessions: ended.length, apiKeys }
    await outbox.add(statements, { event: 'account.removed', operator, details: { account: account.id, ...removed } })
    await revocations.add(statements, revoked(ended))
    return removed
  })
}
