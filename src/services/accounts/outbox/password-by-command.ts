/** An operator gives an account another password, for who forgot it: whoever was logged in is so no more, all in one. */

import { type Account, accountPlace } from '../account.ts'
import type { StoreContext } from '../context.ts'
import type { LoginFailures } from '../login-failures.ts'
import { endSessions } from '../refresh/end-sessions.ts'
import type { Operator } from './act.ts'
import type { Revoking } from './kept-revocations.ts'

export interface PasswordOrder {
  readonly account: Pick<Account, 'id' | 'username'>
  readonly hash: string
  readonly operator: Operator
  /** What revokes the access tokens, those of the sessions that have ended among them. */
  readonly revoked: Revoking
}

interface Parts {
  readonly context: StoreContext
  readonly failures: Pick<LoginFailures, 'forgive'>
}

/** How many sessions have ended; undefined where there is no such account. One that is disabled stays so. */
export function passwordByCommand({ context, failures }: Parts, order: PasswordOrder): Promise<number | undefined> {
  const { database, fields, clock, outbox, revocations } = context
  const { account, hash, operator, revoked } = order
  const now = clock.now()
  return database.transact(async (statements) => {
    const changed = await statements.query(
      `update portcullis_accounts set password = $1, password_changed_at = $2, password_version = password_version + 1
       where id = $3 returning id`,
      [fields.ring.seal(hash, accountPlace(account.id, 'password')), now, account.id],
    )
    if (changed.length === 0) return undefined
    const ended = await endSessions(statements, { account: account.id, because: 'password', except: undefined, now })
    await failures.forgive(statements, account.username)
    const details = { account: account.id, sessions: ended.length }
    await outbox.add(statements, { event: 'account.password', operator, details })
    await revocations.add(statements, revoked(ended))
    return ended.length
  })
}
