/** Revocations, kept until no token of theirs is alive: every process that has the store open reads on in them. */

import type { Database, Statements } from '../../database/database.ts'
import type { Entry } from '../../revocation/entry.ts'

/** Entries that are read at a time. */
const page = 1_000
/** Entries that are written at a time: SQLite and Postgres take far more values than theirs. */
const batch = 100

/** What revokes the access tokens of sessions. */
export type Revoking = (sessions: readonly string[]) => readonly Entry[]

interface Row {
  readonly key: string
  readonly issued_until: number
  readonly forget_at: number
  readonly place: number
}

/** What was written since a place. */
export interface News {
  readonly entries: readonly Entry[]
  /** Where to read on. */
  readonly place: number
}

const greater = (column: string): string =>
  `${column} = case when excluded.${column} > portcullis_revocations.${column}
   then excluded.${column} else portcullis_revocations.${column} end`

export class KeptRevocations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Within the transaction of what revokes, as the last of it: whoever gives places holds up all others that do, so that
   * none shows up behind a later one. No two entries have one key.
   */
  async add(statements: Statements, entries: readonly Entry[]): Promise<void> {
    for (let at = 0; at < entries.length; at += batch) await write(statements, entries.slice(at, at + batch))
  }

  /** In a transaction of its own. Throws `DatabaseAway`. */
  keep(entries: readonly Entry[]): Promise<void> {
    return this.#database.transact((statements) => this.add(statements, entries))
  }

  /** At most a page of them; from the first where the place is one of another history. Throws `DatabaseAway`. */
  async readOn(after: number): Promise<News> {
    const [given] = await this.#database.query<{ readonly last: number }>(
      `select last from portcullis_revocation_places where id = 'all'`,
    )
    const last = given?.last ?? 0
    const from = after > last ? 0 : after
    if (from === last) return { entries: [], place: from }
    const rows = await this.#database.query<Row>(
      `select key, issued_until, forget_at, place from portcullis_revocations
       where place > $1 and place <= $2 order by place limit $3`,
      [from, last, page],
    )
    return { entries: rows.map(readRow), place: rows.length < page ? last : (rows.at(-1)?.place ?? last) }
  }
}

async function write(statements: Statements, entries: readonly Entry[]): Promise<void> {
  const [given] = await statements.query<{ readonly last: number }>(
    `update portcullis_revocation_places set last = last + $1 where id = 'all' returning last`,
    [entries.length],
  )
  const first = (given?.last ?? 0) - entries.length + 1
  await statements.query(
    `insert into portcullis_revocations (key, issued_until, forget_at, place) values ${rowsOf(entries)}
     on conflict (key) do update set ${greater('issued_until')}, ${greater('forget_at')}, place = excluded.place`,
    entries.flatMap(({ key, issuedUntil, forgetAt }, at) => [key, issuedUntil, forgetAt, first + at]),
  )
}

const rowsOf = (entries: readonly Entry[]): string =>
  entries.map((_, at) => `($${4 * at + 1}, $${4 * at + 2}, $${4 * at + 3}, $${4 * at + 4})`).join(', ')

const readRow = (row: Row): Entry => ({ key: row.key, issuedUntil: row.issued_until, forgetAt: row.forget_at })
