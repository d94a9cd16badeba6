/** Many accounts at once, as another system kept them: which of their names are taken, and all of a batch or none. */

import { type AccountRow, accountColumns, indexOf, type NewAccount, writeAccount } from './account.ts'
import type { StoreContext } from './context.ts'
import type { Act } from './outbox/act.ts'

/** What an account is found by, as the store keeps it. */
export interface AccountIndexes {
  readonly username: string
  readonly email: string | undefined
}

export class AccountImports {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** Undefined for a name that no account can have. */
  index(column: 'username' | 'email', text: string): string | undefined {
    return indexOf(this.#context.fields, column, text)
  }

  /** Those of them that some account has, names and addresses alike. */
  async taken(all: readonly AccountIndexes[]): Promise<ReadonlySet<string>> {
    const usernames = all.map(({ username }) => username)
    const emails = all.flatMap(({ email }) => email ?? [])
    return new Set([...(await this.#known('username_index', usernames)), ...(await this.#known('email_index', emails))])
  }

  /** Makes all of them, with the act, or none; gives the places of those that are in the way, because their names are taken or none. */
  async insert(accounts: readonly NewAccount[], act: Act): Promise<readonly number[]> {
    const { database, fields, clock, randomId, outbox } = this.#context
    const made = accounts.map((account) => writeAccount(fields, randomId(), account, clock.now()))
    const unfit = made.flatMap((values, at) => (values === undefined ? [at] : []))
    if (unfit.length > 0) return unfit
    const rows = made.flatMap((values) => (values === undefined ? [] : [values]))
    try {
      await database.transact(async (statements) => {
        const ids = new Set<unknown>()
        const sql = `insert into portcullis_accounts (${accountColumns}, username_index, email_index)
          values ${placesOf(rows)} on conflict do nothing returning id`
        for (const { id } of await statements.query<Pick<AccountRow, 'id'>>(sql, rows.flat())) ids.add(id)
        const left = rows.flatMap(([id], at) => (ids.has(id) ? [] : [at]))
        if (left.length > 0) throw new Taken(left)
        await outbox.add(statements, act)
      })
      return []
    } catch (error) {
      if (error instanceof Taken) return error.places
      throw error
    }
  }

  async #known(column: 'username_index' | 'email_index', indexes: readonly string[]): Promise<readonly string[]> {
    if (indexes.length === 0) return []
    const places = indexes.map((_, at) => `$${at + 1}`).join(', ')
    const rows = await this.#context.database.query<{ readonly found: string }>(
      `select ${column} as found from portcullis_accounts where ${column} in (${places})`,
      indexes,
    )
    return rows.map(({ found }) => found)
  }
}

/** Undoes the batch. */
class Taken extends Error {
  readonly places: readonly number[]

  constructor(places: readonly number[]) {
    super('names are taken')
    this.places = places
  }
}

function placesOf(rows: readonly (readonly unknown[])[]): string {
  let last = 0
  return rows.map((row) => `(${row.map(() => `$${++last}`).join(', ')})`).join(', ')
}
