/** The durable store of many nodes: an existing Postgres. */

import { setTimeout as pause } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { type Database, DatabaseAway, type Statements, type Value } from '../database.ts'
import type { DatabaseSettings } from '../settings.ts'
import { asAway, isInTheWay, isRepeatable } from './faults.ts'
import { PostgresPool, type PostgresSettings } from './pool.ts'
import { ask, transact } from './transaction.ts'

/** Of what others are in the way of. */
const maxAttempts = 5
/** Milliseconds before the second attempt. */
const firstPause = 10

export class PostgresDatabase implements Database {
  /** A number of our own: other users of the database lock by other ones. */
  readonly schemaLock = ['select pg_advisory_xact_lock(7038427451203)']
  readonly #pool: PostgresPool

  constructor(settings: PostgresSettings) {
    this.#pool = new PostgresPool(settings)
  }

  query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return this.#repeat((client) => ask<Row>(client, sql, values))
  }

  transact<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#repeat((client) => transact(client, work))
  }

  /** Only the server knows. */
  async dataVersion(): Promise<undefined> {}

  serve(): void {}

  signIn(settings: DatabaseSettings): void {
    this.#pool.signIn(settings)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #repeat<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#hold(use)
      } catch (error) {
        if (!isRepeatable(error)) throw error
        if (attempt === maxAttempts) throw isInTheWay(error) ? asAway(error) : error
        await pause(firstPause * 2 ** attempt * Math.random())
      }
    }
  }

  /** Has a connection for so long; one of which nobody knows how it stands is given up. */
  async #hold<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let isSound = true
    try {
      return await use(client)
    } catch (error) {
      isSound = !(error instanceof DatabaseAway)
      throw error
    } finally {
      this.#pool.release(client, isSound)
    }
  }
}
