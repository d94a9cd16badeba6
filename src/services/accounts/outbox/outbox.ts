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
  readonly claimed_until: number
}

/** Puts an act on record; false where that cannot be now. */
export type Recorder = (act: KeptAct) => Promise<boolean>

export interface Delivery {
  /** How many acts are on record. */
  readonly count: number
  /** None is left, also of those that other nodes have claimed. */
  readonly isAll: boolean
}

interface Claim {
  readonly acts: readonly KeptAct[]
  readonly isAll: boolean
}

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

  /** Whether there is none, also none that a node has claimed. Throws `DatabaseAway`. */
  async isEmpty(): Promise<boolean> {
    return (await this.#context.database.query('select id from portcullis_outbox limit 1')).length === 0
  }

  /** Hands over what no other node does just now, the oldest first. Throws `DatabaseAway`. */
  async deliver(record: Recorder): Promise<Delivery> {
    for (let count = 0; ; ) {
      const { acts, isAll } = await this.#claim()
      const results = await Promise.all(acts.map(record))
      const [kept, left] = [acts.filter((_, at) => results[at]), acts.filter((_, at) => !results[at])]
      await update(this.#context.database, 'delete from portcullis_outbox', kept)
      await update(this.#context.database, 'update portcullis_outbox set claimed_until = 0', left)
      count += kept.length
      if (acts.length < batch || left.length > 0) return { count, isAll: isAll && left.length === 0 }
    }
  }

  async #claim(): Promise<Claim> {
    const { database, clock } = this.#context
    const now = clock.now()
    const found = await database.query<Pick<Row, 'id' | 'claimed_until'>>(
      `select id, claimed_until from portcullis_outbox
       order by case when claimed_until <= $1 then 0 else 1 end, at, id limit $2`,
      [now, batch],
    )
    const free = found.filter(({ claimed_until }) => claimed_until <= now)
    if (free.length === 0) return { acts: [], isAll: found.length === 0 }
    const rows = await database.query<Omit<Row, 'claimed_until'>>(
      `update portcullis_outbox set claimed_until = $1 where claimed_until <= $2 and id in (${placesOf(free, 3)})
       returning id, at, act`,
      [now + lease, now, ...free.map(({ id }) => id)],
    )
    const acts = rows.map(({ id, at, act }): KeptAct => ({ ...JSON.parse(act), id, at }))
    return { acts: acts.sort(byAge), isAll: acts.length === found.length }
  }
}

async function update(database: Database, sql: string, acts: readonly KeptAct[]): Promise<void> {
  if (acts.length === 0) return
  await database.query(
    `${sql} where id in (${placesOf(acts)})`,
    acts.map(({ id }) => id),
  )
}

const byAge = (one: KeptAct, other: KeptAct): number => one.at - other.at || (one.id < other.id ? -1 : 1)

const placesOf = (list: readonly unknown[], first = 1): string => list.map((_, at) => `$${at + first}`).join(', ')
