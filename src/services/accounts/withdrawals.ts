/** Attempts to log in that came to nothing because this server could not look at the password: they are not counted. */

import type { Database, Statements } from '../database/database.ts'
import type { Failures } from './login-throttle.ts'

/** What an attempt did to one row. */
export interface Counted {
  readonly key: string
  readonly before: Failures
  readonly now: Failures
}

interface Owed extends Counted {
  /** Whether it stands in the database at all; what nobody knows is taken back only where the row shows it. */
  readonly isCertain: boolean
}

/** Beyond them attempts stay counted: a database that is away for long owes nobody its memory. */
const mostOwed = 10_000

export class Withdrawals {
  readonly #database: Database
  readonly #owed: Owed[] = []

  constructor(database: Database) {
    this.#database = database
  }

  owe(counted: readonly Counted[], { isCertain }: Pick<Owed, 'isCertain'>): void {
    if (this.#owed.length < mostOwed) this.#owed.push(...counted.map((each) => ({ ...each, isCertain })))
  }

  /** Throws `DatabaseAway`, and owes them from then on. */
  async take(counted: readonly Counted[]): Promise<void> {
    await this.#take(counted.map((each) => ({ ...each, isCertain: true })))
  }

  /** Throws `DatabaseAway`; what is left is taken back the next time. */
  async settle(): Promise<void> {
    while (this.#owed.length > 0) await this.#take(this.#owed.splice(0))
  }

  async #take(all: readonly Owed[]): Promise<void> {
    const rest = [...all]
    try {
      for (const owed of all) {
        await withdraw(this.#database, owed)
        rest.shift()
      }
    } catch (error) {
      // The first of them may have been done all the same.
      this.owe(rest.splice(0, 1), { isCertain: false })
      this.#owed.push(...rest)
      throw error
    }
  }
}

/** The row is what it was, delay included; where others were counted meanwhile, it is one failure less. */
const withdraw = (statements: Statements, { key, before, now, isCertain }: Owed) =>
  statements.query(
    `update portcullis_login_failures set
       failures = case when failures = $2 and last_at = $3 then $4 else failures - 1 end,
       last_at = case when failures = $2 and last_at = $3 then $5 else last_at end
     where key = $1 and failures > 0${isCertain ? '' : ' and failures = $2 and last_at = $3'}`,
    [key, now.failures, now.lastAt, before.failures, before.lastAt],
  )
