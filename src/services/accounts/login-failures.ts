/** Counts attempts to log in, by account and by address, on all nodes together; a name that nobody has is counted alike. */

import type { Statements } from '../database/database.ts'
import type { StoreContext } from './context.ts'
import { accountRules, addressRules, type Failures, forgive, judge, stricter, type TooSoon } from './login-throttle.ts'
import { normaliseName } from './names.ts'
import type { Act } from './outbox/act.ts'
import { type Counted, Withdrawals } from './withdrawals.ts'

export interface Attempt {
  readonly username: string
  /** Of the client, as limits know it. */
  readonly address: string
}

/** An attempt that may look at the password. */
export interface Admitted {
  readonly isAdmitted: true
  /** What it counts for until it succeeds. */
  readonly counted: readonly Counted[]
}

interface FailureRow {
  readonly key: string
  readonly failures: number
  readonly last_at: number
}

export class LoginFailures {
  readonly #context: StoreContext
  readonly #withdrawals: Withdrawals

  constructor(context: StoreContext) {
    this.#context = context
    this.#withdrawals = new Withdrawals(context.database)
  }

  /**
   * Asked before the password is looked at: one that is admitted counts as a failure until `succeed`, so that many at
   * once are no more guesses than one after the other. What is refused is not counted.
   */
  async admit(attempt: Attempt): Promise<Admitted | TooSoon> {
    let counted: readonly Counted[] = []
    try {
      return await this.#context.database.transact(async (statements) => {
        counted = []
        const judged = await this.#judge(statements, attempt)
        if (!judged.isAdmitted) return judged
        counted = judged.counted
        for (const { key, now } of counted) await count(statements, key, now)
        return judged
      })
    } catch (error) {
      this.#withdrawals.owe(counted, { isCertain: false })
      throw error
    }
  }

  /** Nobody looked at the password: it is as if the attempt had not been. Throws `DatabaseAway`, and owes it then. */
  withdraw({ counted }: Admitted): Promise<void> {
    return this.#withdrawals.take(counted)
  }

  /** The same where the database is away: `settle` does it when it is back. */
  owe({ counted }: Admitted): void {
    this.#withdrawals.owe(counted, { isCertain: true })
  }

  /** Takes back what could not be taken back before. Throws `DatabaseAway`. */
  settle(): Promise<void> {
    return this.#withdrawals.settle()
  }

  /** The row of failures of the account is over; its address is given back this one attempt, and no other. */
  async succeed({ username, address }: Attempt): Promise<void> {
    await this.#context.database.transact(async (statements) => {
      await statements.query('update portcullis_login_failures set failures = 0 where key = $1', [
        this.#accountKey(username),
      ])
      await statements.query(
        'update portcullis_login_failures set failures = failures - 1 where key = $1 and failures > 0',
        [this.#addressKey(address)],
      )
    })
  }

  /** Lets an account in again; false where it had no failures. The act of a command is put on record with it. */
  async unlock(username: string, act?: Act): Promise<boolean> {
    const { database, outbox } = this.#context
    return database.transact(async (statements) => {
      const isUnlocked = await this.forgive(statements, username)
      if (isUnlocked && act !== undefined) await outbox.add(statements, act)
      return isUnlocked
    })
  }

  /** The same as part of something else. */
  async forgive(statements: Statements, username: string): Promise<boolean> {
    const sql = 'delete from portcullis_login_failures where key = $1 and failures > 0 returning key'
    return (await statements.query(sql, [this.#accountKey(username)])).length === 1
  }

  /** Whether nobody is admitted until somebody unlocks. */
  async isLocked(username: string): Promise<boolean> {
    const [row] = await this.#context.database.query<FailureRow>(
      'select key, failures, last_at from portcullis_login_failures where key = $1',
      [this.#accountKey(username)],
    )
    return row !== undefined && row.failures >= accountRules.lockAt
  }

  async #judge(statements: Statements, attempt: Attempt): Promise<Admitted | TooSoon> {
    const [account, address] = [this.#accountKey(attempt.username), this.#addressKey(attempt.address)]
    const rows = await lockRows(statements, [account, address])
    const now = this.#context.clock.now()
    const [ofAccount, ofAddress] = [failuresOf(rows, account), failuresOf(rows, address)]
    const forgiven = forgive(ofAddress, now)
    const admission = stricter(judge(ofAccount, accountRules, now), judge(forgiven, addressRules, now))
    if (!admission.isAdmitted) return admission
    const counted = [
      { key: account, before: ofAccount, now: { failures: ofAccount.failures + 1, lastAt: now } },
      { key: address, before: ofAddress, now: { failures: forgiven.failures + 1, lastAt: now } },
    ]
    return { isAdmitted: true, counted }
  }

  /** No user name and no address stands in the table. */
  #accountKey(username: string): string {
    return `account:${this.#context.fields.index('portcullis_login_failures.account', normaliseName(username) ?? username)}`
  }

  #addressKey(address: string): string {
    return `address:${this.#context.fields.index('portcullis_login_failures.address', address)}`
  }
}

/** Makes what is not there yet, and holds it until the end; accounts first, so that no two wait for one another. */
function lockRows(statements: Statements, keys: readonly [string, string]): Promise<readonly FailureRow[]> {
  return statements.query(
    `insert into portcullis_login_failures (key, failures, last_at) values ($1, 0, 0), ($2, 0, 0)
     on conflict (key) do update set failures = portcullis_login_failures.failures returning key, failures, last_at`,
    keys,
  )
}

function failuresOf(rows: readonly FailureRow[], key: string): Failures {
  const row = rows.find((each) => each.key === key)
  return { failures: row?.failures ?? 0, lastAt: row?.last_at ?? 0 }
}

const count = (statements: Statements, key: string, { failures, lastAt }: Failures) =>
  statements.query('update portcullis_login_failures set failures = $1, last_at = $2 where key = $3', [
    failures,
    lastAt,
    key,
  ])
