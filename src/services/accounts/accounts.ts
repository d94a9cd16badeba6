/** Who may log in: each account has a name of its own, and says what its owner may do. */

import type { Statements } from '../database/database.ts'
import {
  type Account,
  type AccountRow,
  accountColumns,
  accountPlace,
  indexOf,
  type NewAccount,
  readAccount,
  writeAccount,
} from './account.ts'
import type { StoreContext } from './context.ts'
import type { Operator } from './outbox/act.ts'
import type { Revoking } from './outbox/kept-revocations.ts'
import { endSessions } from './refresh/end-sessions.ts'

export interface Page {
  readonly accounts: readonly Account[]
  /** Where the next page begins; none after the last account. */
  readonly next: string | undefined
}

export interface PageOptions {
  readonly limit: number
  /** `next` of the page before; what never was one begins at the first. */
  readonly after?: string
}

/** Who disables an account by a command. */
export interface Disabling {
  readonly operator: Operator
  /** What makes its access tokens good no longer, those of the sessions that have ended among them. */
  readonly revoked: Revoking
}

/** What becomes of the sessions of an account whose password changes. */
export interface Ending {
  /** The one that goes on. */
  readonly session?: string | undefined
  readonly revoked?: Revoking | undefined
}

/** Time and id of the last account of a page. */
const cursor = /^(\d{1,15})\.([0-9a-f]{32})$/

export class Accounts {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** Undefined where the name or the address is taken, or is none. On record, where an operator does it. */
  async create(given: NewAccount, operator?: Operator): Promise<Account | undefined> {
    const { database, fields, clock, randomId } = this.#context
    const values = writeAccount(fields, randomId(), given, clock.now())
    if (values === undefined) return undefined
    const places = values.map((_, at) => `$${at + 1}`).join(', ')
    return database.transact(async (statements) => {
      const rows = await statements.query<AccountRow>(
        `insert into portcullis_accounts (${accountColumns}, username_index, email_index) values (${places})
         on conflict do nothing returning ${accountColumns}`,
        values,
      )
      const [made] = rows
      if (made !== undefined && operator !== undefined) {
        const { roles, scopes } = given
        const details = { account: made.id, roles, scopes }
        await this.#context.outbox.add(statements, { event: 'account.added', operator, details })
      }
      return this.#first(rows)
    })
  }

  async find(id: string): Promise<Account | undefined> {
    return this.#first(await this.#select('id', id))
  }

  async findByUsername(username: string): Promise<Account | undefined> {
    const index = indexOf(this.#context.fields, 'username', username)
    return index === undefined ? undefined : this.#first(await this.#select('username_index', index))
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    const index = indexOf(this.#context.fields, 'email', email)
    return index === undefined ? undefined : this.#first(await this.#select('email_index', index))
  }

  /** The oldest first. */
  async list({ limit, after = '' }: PageOptions): Promise<Page> {
    const { database, fields } = this.#context
    const [, time = 0, id = ''] = cursor.exec(after) ?? []
    const rows = await database.query<AccountRow>(
      `select ${accountColumns} from portcullis_accounts where created_at > $1 or (created_at = $1 and id > $2)
       order by created_at, id limit $3`,
      [Number(time), id, limit + 1],
    )
    const accounts = rows.slice(0, limit).map((row) => readAccount(fields, row))
    const last = accounts.at(-1)
    return { accounts, next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : undefined }
  }

  /**
   * A new password, under which every session but one ends: gives the ids of those; undefined where the account was
   * disabled, or its password changed, since it was proved.
   */
  async setPassword(
    { id, passwordVersion }: Pick<Account, 'id' | 'passwordVersion'>,
    hash: string,
    { session, revoked }: Ending = {},
  ): Promise<readonly string[] | undefined> {
    const { database, fields, clock, revocations } = this.#context
    const now = clock.now()
    return database.transact(async (statements) => {
      const changed = await statements.query(
        `update portcullis_accounts set password = $1, password_changed_at = $2, password_version = password_version + 1
         where id = $3 and password_version = $4 and disabled_at is null returning id`,
        [fields.ring.seal(hash, accountPlace(id, 'password')), now, id, passwordVersion],
      )
      if (changed.length === 0) return undefined
      const ended = await endSessions(statements, { account: id, because: 'password', except: session, now })
      if (revoked !== undefined) await revocations.add(statements, revoked(ended))
      return ended
    })
  }

  /** The same password at another cost; false where it was changed meanwhile. */
  async rehash({ id, passwordHash }: Pick<Account, 'id' | 'passwordHash'>, hash: string): Promise<boolean> {
    const { database, fields } = this.#context
    return database.transact(async (statements) => {
      const account = await this.#lock(statements, id)
      if (account?.passwordHash === undefined || account.passwordHash !== passwordHash) return false
      const sealed = fields.ring.seal(hash, accountPlace(id, 'password'))
      await statements.query('update portcullis_accounts set password = $1 where id = $2', [sealed, id])
      return true
    })
  }

  /** No session of it goes on; false where there is no such account. */
  async disable(id: string, by?: Disabling): Promise<boolean> {
    const { database, clock, outbox, revocations } = this.#context
    const now = clock.now()
    return database.transact(async (statements) => {
      const changed = await statements.query(
        'update portcullis_accounts set disabled_at = coalesce(disabled_at, $1) where id = $2 returning id',
        [now, id],
      )
      const ended = await endSessions(statements, { account: id, because: 'disabled', except: undefined, now })
      if (changed.length === 0) return false
      if (by === undefined) return true
      const details = { account: id, sessions: ended.length }
      await outbox.add(statements, { event: 'account.disabled', operator: by.operator, details })
      await revocations.add(statements, by.revoked(ended))
      return true
    })
  }

  async enable(id: string, operator?: Operator): Promise<boolean> {
    return this.#context.database.transact(async (statements) => {
      const sql = 'update portcullis_accounts set disabled_at = null where id = $1 returning id'
      const changed = await statements.query(sql, [id])
      if (changed.length === 0) return false
      const act = { event: 'account.enabled', details: { account: id } } as const
      if (operator !== undefined) await this.#context.outbox.add(statements, { ...act, operator })
      return true
    })
  }

  async #lock(statements: Statements, id: string): Promise<Account | undefined> {
    const sql = `select ${accountColumns} from portcullis_accounts where id = $1 for update`
    return this.#first(await statements.query<AccountRow>(sql, [id]))
  }

  #select(column: 'id' | 'username_index' | 'email_index', value: string): Promise<readonly AccountRow[]> {
    const sql = `select ${accountColumns} from portcullis_accounts where ${column} = $1`
    return this.#context.database.query<AccountRow>(sql, [value])
  }

  #first([row]: readonly AccountRow[]): Account | undefined {
    return row && readAccount(this.#context.fields, row)
  }
}
