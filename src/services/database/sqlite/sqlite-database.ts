/** The embedded database: one file, one thread, and of those who write one at a time. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Database, DataVersion, Statements, Value } from '../database.ts'
import { dataVersionOf } from './data-version.ts'
import { isBusy, isRead } from './dialect.ts'
import { FaultReply, knownError } from './fault-reply.ts'
import type { Holder } from './holder.ts'
import { type HolderOptions, Holders } from './holders.ts'
import { WriteTurns } from './write-turns.ts'

/** Milliseconds until a file that another process holds is tried again; the library has waited before. */
const busyPause = 5

export class SqliteDatabase implements Database {
  readonly schemaLock: readonly string[] = []
  readonly #path: string
  readonly #deadline: number
  readonly #turns: WriteTurns
  readonly #holders: Holders

  /** Opened by the first who asks. */
  constructor(path: string, deadline: number, options: HolderOptions = {}) {
    this.#path = path
    this.#deadline = deadline
    this.#turns = new WriteTurns(deadline)
    this.#holders = new Holders({ path, deadline }, options)
  }

  async query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const ask = (end: number) => insist(this.#holders.living(), { sql, values, end })
    const rows = await this.#holders.use(() =>
      isRead(sql) ? ask(performance.now() + this.#deadline) : this.#turns.take(ask),
    )
    return rows as readonly Row[]
  }

  transact<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#holders.use(() => this.#turns.take((end) => this.#transact(work, end)))
  }

  dataVersion(): Promise<DataVersion | undefined> {
    return dataVersionOf(this.#path)
  }

  serve(): void {
    this.#holders.serve()
  }

  /** A file asks nobody who they are. */
  signIn(): void {}

  close(): Promise<void> {
    return this.#holders.close()
  }

  async #transact<T>(work: (statements: Statements) => Promise<T>, end: number): Promise<T> {
    const holder = this.#holders.living()
    const statements = new OpenTransaction(holder)
    try {
      await insist(holder, { sql: 'begin immediate', values: [], end })
      const result = await work(statements)
      await statements.commit()
      return result
    } catch (error) {
      // Whoever holds the file does what it is asked in order: whoever begins next begins after this.
      holder.ask('rollback', [], false).catch(noop)
      throw knownError(error)
    } finally {
      statements.end()
    }
  }
}

interface Asking {
  readonly sql: string
  readonly values: readonly Value[]
  /** By the monotonic clock. */
  readonly end: number
}

/** Asks until the file is free, or the time is over. */
async function insist(holder: Holder, { sql, values, end }: Asking): Promise<readonly unknown[]> {
  for (;;) {
    try {
      return await holder.ask(sql, values, isRead(sql))
    } catch (error) {
      const isFree = !(error instanceof FaultReply && isBusy(error.fault))
      if (isFree || performance.now() >= end) throw knownError(error)
      await pause(busyPause * (1 + Math.random()))
    }
  }
}

class OpenTransaction implements Statements {
  readonly #holder: Holder
  #isOver = false
  #fault: unknown

  constructor(holder: Holder) {
    this.#holder = holder
  }

  async query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    if (this.#isOver) throw new Error('the transaction is over')
    try {
      return (await this.#holder.ask(sql, values, false)) as readonly Row[]
    } catch (error) {
      this.#fault ??= knownError(error)
      throw this.#fault
    }
  }

  /** Nothing is kept of what has failed in part, whoever has caught the fault. */
  async commit(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault
    await this.#holder.ask('commit', [], false)
  }

  end(): void {
    this.#isOver = true
  }
}

const noop = (): void => {}
