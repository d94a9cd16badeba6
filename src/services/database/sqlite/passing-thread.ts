/** The thread that holds the file, for as long as somebody asks: an idle process has none. */

import type { Later } from '../../later.ts'
import { DatabaseAway } from '../database.ts'
import { SqliteThread } from './thread.ts'

/** Milliseconds that it stays for whoever asks next: another one takes some 30 ms to start, and holds megabytes meanwhile. */
export const idleFor = 10_000

interface ThreadParts {
  readonly path: string
  /** Milliseconds. */
  readonly deadline: number
}

export class PassingThread {
  readonly #parts: ThreadParts
  readonly #later: Later
  #thread: SqliteThread | undefined
  #users = 0
  #cancelEnd = (): void => {}
  #ending: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(parts: ThreadParts, later: Later) {
    this.#parts = parts
    this.#later = later
  }

  /** Whoever is within has a thread that does not end for being idle, also between one statement and the next. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users++
    this.#cancelEnd()
    try {
      return await work()
    } finally {
      if (--this.#users === 0 && !this.#isClosed) this.#endLater()
    }
  }

  /** One that has ended or died is replaced by whoever begins anew, never within a transaction. Throws `DatabaseAway`. */
  living(): SqliteThread {
    if (this.#isClosed) throw new DatabaseAway('it is closed')
    const { path, deadline } = this.#parts
    if (this.#thread === undefined || this.#thread.isOver) this.#thread = new SqliteThread(path, deadline)
    return this.#thread
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelEnd()
    await Promise.all([this.#thread?.close(), this.#ending])
  }

  #endLater(): void {
    this.#cancelEnd = this.#later(() => this.#end(), idleFor)
  }

  /** In one turn of the event loop: whoever asks after this finds none, and starts one. */
  #end(): void {
    const thread = this.#thread
    if (thread?.isQuiet === false) {
      this.#endLater()
      return
    }
    this.#thread = undefined
    this.#ending = Promise.all([this.#ending, thread?.end()])
  }
}
