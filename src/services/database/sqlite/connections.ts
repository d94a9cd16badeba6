/** The connections to the file: one that writes, and one that reads what is committed meanwhile. */

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { SqliteFault } from './dialect.ts'
import type { Ask, Reply } from './messages.ts'

/** Kept ready; there are far fewer different ones. */
const maxStatements = 200

/** What is committed stays, whatever becomes of the machine (`synchronous = full`). */
const writing = ['journal_mode = wal', 'synchronous = full', 'trusted_schema = off']
const reading = ['query_only = on', 'trusted_schema = off']

export interface ConnectionOptions {
  /** Milliseconds that a statement waits for another process; whoever asks waits longer by asking again. */
  readonly busyTimeout: number
}

export class Connections {
  readonly #path: string
  readonly #options: ConnectionOptions
  #writer: Connection | undefined
  #reader: Connection | undefined

  /** Opened by the first who asks: what is in the way is the answer, and the next one tries again. */
  constructor(path: string, options: ConnectionOptions) {
    this.#path = path
    this.#options = options
  }

  answer(ask: Ask): Reply {
    try {
      return { id: ask.id, rows: this.#for(ask).run(ask) }
    } catch (error) {
      return { id: ask.id, fault: faultOf(error) }
    }
  }

  /** To close them twice is to close them once. */
  close(): void {
    this.#reader?.close()
    this.#writer?.close()
    this.#reader = undefined
    this.#writer = undefined
  }

  #for({ isRead }: Ask): Connection {
    this.#writer ??= this.#open(writing)
    if (!isRead) return this.#writer
    this.#reader ??= this.#open(reading)
    return this.#reader
  }

  #open(pragmas: readonly string[]): Connection {
    const { busyTimeout: timeout } = this.#options
    const database = new DatabaseSync(existing(this.#path), { timeout, enableForeignKeyConstraints: true })
    return new Connection(database, pragmas)
  }
}

class Connection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, pragmas: readonly string[]) {
    this.#database = database
    try {
      for (const pragma of pragmas) database.exec(`pragma ${pragma}`)
    } catch (error) {
      database.close()
      throw error
    }
  }

  run({ sql, values }: Ask): readonly unknown[] {
    return this.#prepare(sql).all(...values)
  }

  close(): void {
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(sql)
    if (this.#statements.size < maxStatements) this.#statements.set(sql, prepared)
    return prepared
  }
}

/** A file that is gone is a fault: SQLite would make another one, which is empty, and which others can read. */
function existing(path: string): URL {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', 'rw')
  return url
}

function faultOf(error: unknown): SqliteFault {
  const { errcode, message } = error as Error & { readonly errcode?: number }
  return { code: errcode ?? 0, message }
}
