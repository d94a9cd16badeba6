/** What commands did, kept with the deed itself until a server has put it on record: at least once, mostly once. */

import type { Database, Statements } from '../../database/database.ts'
import type { StoreContext } from '../context.ts'
import type { Act, KeptAct } from './act.ts'

/** Acts that are taken at a time. */
const batch = 100
/** Milliseconds after which what a node has claimed is anybody's again: it was killed. */
const lease = 30_000

interface Row {
  readonly id: string
  readonly at: number
  readonly act: string
}

/** Puts an act on record; false where that cannot be now. */
export type Recorder = (act: KeptAct) => Promise<boolean>

export class Outbox {
  readonly #context: Pick<StoreContext, 'database' | 'clock' | 'randomId'>

  constructor(context: Pick<StoreContext, 'database' | 'clock' | 'randomId'>) {
    this.#context = context
  }

  /** Within the transaction of the act: both are done, or neither. */
  async add(statements: Statements, act: Act): Promise<void> {
    const { clock, randomId } = this.#context
    await statements.query('insert into portcullis_outbox (id, at, act, claimed_until) values ($1, $2, $3, 0)', [
      randomId(),
      clock.now(),
      JSON.stringify(act),
    ])
  }

  /** Hands over what no other node does just now, the oldest first; how many of them are on record. Throws `DatabaseAway`. */
  async deliver(record: Recorder): Promise<number> {
    for (let delivered = 0; ; ) {
      const acts = await this.#claim()
      const results = await Promise.all(acts.map(record))
      const [kept, left] = [acts.filter((_, at) => results[at]), acts.filter((_, at) => !results[at])]
      await update(this.#context.database, 'delete from portcullis_outbox', kept)
      await update(this.#context.database, 'update portcullis_outbox set claimed_until = 0', left)
      delivered += kept.length
      if (acts.length < batch || left.length > 0) return delivered
    }
  }

  async #claim(): Promise<readonly KeptAct[]> {
    const { database, clock } = this.#context
    const now = clock.now()
    const free = await database.query<Pick<Row, 'id'>>(
      'select id from portcullis_outbox where claimed_until <= $1 order by at, id limit $2',
      [now, batch],
    )
    if (free.length === 0) return []
    const rows = await database.query<Row>(
      `update portcullis_outbox set claimed_until = $1 where claimed_until <= $2 and id in (${placesOf(free, 3)})
       returning id, at, act`,
      [now + lease, now, ...free.map(({ id }) => id)],
    )
    return rows
      .map(({ id, at, act }): KeptAct => ({ ...JSON.parse(act), id, at }))
      .sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1))
  }
}

async function update(database: Database, sql: string, acts: readonly KeptAct[]): Promise<void> {
  if (acts.length === 0) return
  await database.query(
    `${sql} where id in (${placesOf(acts)})`,
    acts.map(({ id }) => id),
  )
}

const placesOf = (list: readonly unknown[], first = 1): string => list.map((_, at) => `$${at + first}`).join(', ')
