/** The thread that holds the file: SQLite waits for the disk, and the event loop must not. */

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { SqliteFault } from './dialect.ts'
import type { Ask, Reply, ThreadData } from './messages.ts'

/** Milliseconds that a statement waits for another process; whoever asks waits longer by asking again. */
const busyTimeout = 100
/** Kept ready; there are far fewer different ones. */
const maxStatements = 200

class Connection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor({ path }: ThreadData, pragmas: readonly string[]) {
    this.#database = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true })
    try {
      for (const pragma of pragmas) this.#database.exec(`pragma ${pragma}`)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  run({ sql, values }: Ask): readonly unknown[] {
    return this.#prepare(sql).all(...values)
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(sql)
    if (this.#statements.size < maxStatements) this.#statements.set(sql, prepared)
    return prepared
  }
}

/** What is committed stays, whatever becomes of the machine (`synchronous = full`). */
const writing = ['journal_mode = wal', 'synchronous = full', 'trusted_schema = off']
const reading = ['query_only = on', 'trusted_schema = off']

let writer: Connection | undefined
let reader: Connection | undefined

/** Opened by the first who asks: what is in the way is the answer, and the next one tries again. */
function connectionFor({ isRead }: Ask): Connection {
  writer ??= new Connection(workerData, writing)
  if (!isRead) return writer
  reader ??= new Connection(workerData, reading)
  return reader
}

function answer(ask: Ask): Reply {
  try {
    return { id: ask.id, rows: connectionFor(ask).run(ask) }
  } catch (error) {
    return { id: ask.id, fault: faultOf(error) }
  }
}

function faultOf(error: unknown): SqliteFault {
  const { errcode, message } = error as Error & { readonly errcode?: number }
  return { code: errcode ?? 0, message }
}

parentPort?.on('message', (ask: Ask) => parentPort?.postMessage(answer(ask)))
