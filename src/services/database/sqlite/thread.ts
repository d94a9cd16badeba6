/** One thread that holds the file, as seen by those who ask it: an answer in time, or `DatabaseAway`. */

import { Worker } from 'node:worker_threads'
import { reasonOf } from '../../reason.ts'
import { DatabaseAway, storable, type Value } from '../database.ts'
import { translate } from './dialect.ts'
import { FaultReply } from './fault-reply.ts'
import type { Holder } from './holder.ts'
import type { Ask, Order, Reply, ThreadData } from './messages.ts'

/** Of those who wait: what is beyond would come too late. */
const maxWaiting = 1_000

interface Waiting {
  readonly resolve: (rows: readonly unknown[]) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export class SqliteThread implements Holder {
  readonly #worker: Worker
  readonly #deadline: number
  readonly #waiting = new Map<number, Waiting>()
  readonly #exit: Promise<unknown>
  #asked = 0
  #answered = 0
  #end: Error | undefined

  constructor(path: string, deadline: number) {
    this.#deadline = deadline
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const workerData: ThreadData = { path }
    // What the process was started with may be good for its first file alone.
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData, execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) => this.#take(reply))
    this.#worker.on('error', (error) => this.#fail(new DatabaseAway(reasonOf(error), { cause: error })))
    this.#exit = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#worker.on('exit', () => this.#fail(new DatabaseAway('its thread has ended')))
  }

  /** Whoever asks it is told no. */
  get isOver(): boolean {
    return this.#end !== undefined
  }

  /** All that was asked is done, also what nobody waits for any more. */
  get isQuiet(): boolean {
    return this.isOver || this.#answered === this.#asked
  }

  ask(sql: string, values: readonly Value[], isRead: boolean): Promise<readonly unknown[]> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    if (this.#waiting.size >= maxWaiting) return Promise.reject(new DatabaseAway('too many wait for it'))
    const ask: Ask = { id: ++this.#asked, isRead, sql: translate(sql), values: storable(values) }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#miss(ask.id), this.#deadline)
      this.#waiting.set(ask.id, { resolve, reject, timer })
      this.#worker.ref()
      this.#order(ask)
    })
  }

  /** Gives the file back, and what the thread takes of the memory; whoever asks from here on asks another one. */
  async end(): Promise<void> {
    this.#fail(new DatabaseAway('its thread has ended'))
    this.#worker.ref()
    this.#order('end')
    await this.#exit
  }

  async close(): Promise<void> {
    this.#fail(new DatabaseAway('it is closed'))
    await this.#worker.terminate()
  }

  #order(order: Order): void {
    this.#worker.postMessage(order)
  }

  #take(reply: Reply): void {
    this.#answered++
    const waiting = this.#leave(reply.id)
    if ('rows' in reply) waiting?.resolve(reply.rows)
    else waiting?.reject(new FaultReply(reply.fault))
  }

  #miss(id: number): void {
    this.#leave(id)?.reject(new DatabaseAway(`no answer within ${this.#deadline} ms`))
  }

  /** It keeps the process alive for as long as somebody waits. */
  #leave(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    clearTimeout(waiting?.timer)
    return waiting
  }

  #fail(error: Error): void {
    this.#end ??= error
    for (const id of [...this.#waiting.keys()]) this.#leave(id)?.reject(this.#end)
  }
}
