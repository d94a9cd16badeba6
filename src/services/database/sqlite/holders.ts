/** Who holds the file just now: the event loop while the process starts, then a thread for as long as somebody asks, and nobody while it is idle. */

import { type Later, unhurried } from '../../later.ts'
import { DatabaseAway } from '../database.ts'
import type { Holder } from './holder.ts'
import { LoopHolder } from './loop-holder.ts'
import { SqliteThread } from './thread.ts'

/** Milliseconds that it stays for whoever asks next: another one takes some 30 ms to start, and holds megabytes meanwhile. */
export const idleFor = 10_000

export interface HolderOptions {
  /** The event loop holds the file until `serve`. */
  readonly onLoop?: boolean
  readonly later?: Later
}

interface HolderParts {
  readonly path: string
  /** Milliseconds. */
  readonly deadline: number
}

export class Holders {
  readonly #parts: HolderParts
  readonly #later: Later
  #loop: LoopHolder | undefined
  #left: LoopHolder | undefined
  #thread: SqliteThread | undefined
  #users = 0
  #cancelEnd = (): void => {}
  #ending: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(parts: HolderParts, { later = unhurried, onLoop = false }: HolderOptions) {
    this.#parts = parts
    this.#later = later
    if (onLoop) this.#loop = new LoopHolder(parts.path)
  }

  /** Whoever begins from here on asks a thread; a transaction ends where it began. */
  serve(): void {
    this.#left ??= this.#loop
    this.#loop = undefined
    if (this.#users === 0) this.#left?.close()
  }

  /** Whoever is within has a holder that does not end for being idle, also between one statement and the next. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users++
    this.#cancelEnd()
    try {
      return await work()
    } finally {
      if (--this.#users === 0) this.#leave()
    }
  }

  /** A thread that has ended or died is replaced by whoever begins anew, never within a transaction. Throws `DatabaseAway`. */
  living(): Holder {
    if (this.#isClosed) throw new DatabaseAway('it is closed')
    if (this.#loop !== undefined) return this.#loop
    const { path, deadline } = this.#parts
    if (this.#thread === undefined || this.#thread.isOver) this.#thread = new SqliteThread(path, deadline)
    return this.#thread
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelEnd()
    this.#loop?.close()
    this.#left?.close()
    await Promise.all([this.#thread?.close(), this.#ending])
  }

  #leave(): void {
    this.#left?.close()
    if (this.#thread !== undefined && !this.#isClosed) this.#endLater()
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
