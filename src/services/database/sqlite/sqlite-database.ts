/** The embedded database: one file, one thread, and of those who write one at a time. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Statements, Value } from '../database.ts'
import { isBusy, isRead } from './dialect.ts'
import { FaultReply, knownError, SqliteThread } from './thread.ts'
import { WriteTurns } from './write-turns.ts'

/** Milliseconds until a file that another process holds is tried again; the library has waited before. */
const busyPause = 5

export class SqliteDatabase implements Database {
  readonly schemaLock: readonly string[] = []
  readonly #path: string
  readonly #deadline: number
  readonly #turns: WriteTurns
  #thread: SqliteThread

  /** Opened by the first who asks. */
  constructor(path: string, deadline: number) {
    this.#path = path
    this.#deadline = deadline
    this.#turns = new WriteTurns(deadline)
    this.#thread = new SqliteThread(path, deadline)
  }

  async query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const ask = (end: number) => insist(this.#living(), { sql, values, end })
    const rows = isRead(sql) ? ask(performance.now() + this.#deadline) : this.#turns.take(ask)
    return (await rows) as readonly Row[]
  }

  transact<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#turns.take((end) => this.#transact(work, end))
  }

  /** A file asks nobody who they are. */
  signIn(): void {}

  close(): Promise<void> {
    return this.#thread.close()
  }

  async #transact<T>(work: (statements: Statements) => Promise<T>, end: number): Promise<T> {
    const thread = this.#living()
    const statements = new OpenTransaction(thread)
    try {
      await insist(thread, { sql: 'begin immediate', values: [], end })
      const result = await work(statements)
      await statements.commit()
      return result
    } catch (error) {
      // The thread does what it is asked in order: whoever begins next begins after this.
      thread.ask('rollback', [], false).catch(noop)
      throw knownError(error)
    } finally {
      statements.end()
    }
  }

  /** A thread that has died is replaced by whoever begins anew, never within a transaction. */
  #living(): SqliteThread {
    if (this.#thread.isOver && !this.#thread.isClosed) this.#thread = new SqliteThread(this.#path, this.#deadline)
    return this.#thread
  }
}

interface Asking {
  readonly sql: string
  readonly values: readonly Value[]
  /** By the monotonic clock. */
  readonly end: number
}

/** Asks until the file is free, or the time is over. */
async function insist(thread: SqliteThread, { sql, values, end }: Asking): Promise<readonly unknown[]> {
  for (;;) {
    try {
      return await thread.ask(sql, values, isRead(sql))
    } catch (error) {
      const isFree = !(error instanceof FaultReply && isBusy(error.fault))
      if (isFree || performance.now() >= end) throw knownError(error)
      await pause(busyPause * (1 + Math.random()))
    }
  }
}

class OpenTransaction implements Statements {
  readonly #thread: SqliteThread
  #isOver = false
  #fault: unknown

  constructor(thread: SqliteThread) {
    this.#thread = thread
  }

  async query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    if (this.#isOver) throw new Error('the transaction is over')
    try {
      return (await this.#thread.ask(sql, values, false)) as readonly Row[]
    } catch (error) {
      this.#fault ??= knownError(error)
      throw this.#fault
    }
  }

  /** Nothing is kept of what has failed in part, whoever has caught the fault. */
  async commit(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault
    await this.#thread.ask('commit', [], false)
  }

  end(): void {
    this.#isOver = true
  }
}

const noop = (): void => {}
