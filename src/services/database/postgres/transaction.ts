/** Statements of one connection, alone or as a transaction. */

import type { PoolClient } from 'pg'
import { DatabaseAway, type Statements, storable, type Value } from '../database.ts'
import { asError } from './faults.ts'

export async function ask<Row>(client: PoolClient, text: string, values: readonly Value[] = []) {
  try {
    const { rows } = await client.query({ text, values: storable(values) })
    return rows as readonly Row[]
  } catch (error) {
    throw asError(error)
  }
}

/** Each statement sees what is committed before it; rows that it must rely on are locked. */
export async function transact<T>(client: PoolClient, work: (statements: Statements) => Promise<T>): Promise<T> {
  const statements = new OpenTransaction(client)
  try {
    await ask(client, 'begin isolation level read committed')
    const result = await work(statements)
    statements.check()
    await ask(client, 'commit')
    return result
  } catch (error) {
    const fault = statements.fault ?? error
    // Where the connection is gone, so is the transaction.
    if (!(fault instanceof DatabaseAway)) await ask(client, 'rollback')
    throw fault
  } finally {
    statements.end()
  }
}

class OpenTransaction implements Statements {
  readonly #client: PoolClient
  #isOver = false
  /** The first: the server ignores what comes after it. */
  fault: unknown

  constructor(client: PoolClient) {
    this.#client = client
  }

  async query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    if (this.#isOver) throw new Error('the transaction is over')
    try {
      return await ask<Row>(this.#client, sql, values)
    } catch (error) {
      this.fault ??= error
      throw error
    }
  }

  /** Nothing is kept of what has failed in part, whoever has caught the fault. */
  check(): void {
    if (this.fault !== undefined) throw this.fault
  }

  end(): void {
    this.#isOver = true
  }
}
