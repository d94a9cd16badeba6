/** Revocations by command, kept until no token of theirs is alive: every process that has the store open reads on in them. */

import type { Database, Statements } from '../../database/database.ts'
import type { Entry } from '../../revocation/entry.ts'

/** Entries that are read at a time. */
const page = 1_000

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

  /** Within the transaction of what revokes. Places are given one at a time, so that none shows up behind a later one. */
  async add(statements: Statements, { key, issuedUntil, forgetAt }: Entry): Promise<void> {
    const [given] = await statements.query<{ readonly last: number }>(
      `update portcullis_revocation_places set last = last + 1 where id = 'all' returning last`,
    )
    await statements.query(
      `insert into portcullis_revocations (key, issued_until, forget_at, place) values ($1, $2, $3, $4)
       on conflict (key) do update set ${greater('issued_until')}, ${greater('forget_at')}, place = excluded.place`,
      [key, issuedUntil, forgetAt, given?.last ?? 0],
    )
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

const readRow = (row: Row): Entry => ({ key: row.key, issuedUntil: row.issued_until, forgetAt: row.forget_at })
