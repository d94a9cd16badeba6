/** The way to the threads that hash: so many at once, so many that wait, who is at a login first. */

import { AsyncResource } from 'node:async_hooks'
import Bottleneck from 'bottleneck'
import { HashingFault } from './hashing-fault.ts'

/** Somebody waits for it, or nobody does. */
export type Urgency = 'interactive' | 'background'

export interface HashJob {
  readonly urgency?: Urgency | undefined
  /** Of the caller: a job that waits is dropped with it, one that runs goes on. */
  readonly signal?: AbortSignal | undefined
}

interface QueueParts {
  readonly atOnce: number
  readonly maxWaiting: number
}

const priorities: Readonly<Record<Urgency, number>> = { interactive: 4, background: 8 }
/** Of the places to wait, the part that background work may take: a login always finds the others. */
const backgroundShare = 0.5
/** Bottleneck keeps a job whose caller has gone until its turn: so many for each that waits in earnest. */
const gone = 4

export class HashQueue {
  readonly #parts: QueueParts
  readonly #pace: Bottleneck
  #admitted = 0
  #isClosed = false

  constructor(parts: QueueParts) {
    this.#parts = parts
    this.#pace = new Bottleneck({
      maxConcurrent: parts.atOnce,
      highWater: parts.maxWaiting * gone + parts.atOnce,
      strategy: Bottleneck.strategy.OVERFLOW,
    })
  }

  /** Those that wait and those that run. */
  get admitted(): number {
    return this.#admitted
  }

  /** Runs the work in the caller's async context when its turn comes; rejects with a `HashingFault` when it does not. */
  async run<T>(work: () => Promise<T>, { urgency = 'interactive', signal }: HashJob = {}): Promise<T> {
    if (this.#isClosed) throw new HashingFault('unavailable')
    if (signal?.aborted) throw new HashingFault('cancelled')
    if (this.#admitted >= this.#placesFor(urgency)) throw new HashingFault('overloaded')
    this.#admitted++
    const turn = new Turn(AsyncResource.bind(work), () => this.#admitted--)
    const cancel = () => turn.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    this.#pace.schedule({ priority: priorities[urgency] }, () => turn.take()).catch(() => turn.drop(this.#isClosed))
    try {
      return await turn.result
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Drops what waits; resolves once nothing runs. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pace.stop({ dropWaitingJobs: true })
  }

  #placesFor(urgency: Urgency): number {
    const { atOnce, maxWaiting } = this.#parts
    return atOnce + (urgency === 'background' ? Math.floor(maxWaiting * backgroundShare) : maxWaiting)
  }
}

/** One job, from its admission to its end. */
class Turn<T> {
  readonly #work: () => Promise<T>
  readonly #leave: () => void
  readonly #settled = Promise.withResolvers<T>()
  #state: 'waiting' | 'running' | 'over' = 'waiting'

  constructor(work: () => Promise<T>, leave: () => void) {
    this.#work = work
    this.#leave = leave
  }

  get result(): Promise<T> {
    return this.#settled.promise
  }

  async take(): Promise<void> {
    if (this.#state !== 'waiting') return
    this.#state = 'running'
    try {
      const result = await this.#work()
      this.#end(() => this.#settled.resolve(result))
    } catch (error) {
      this.#end(() => this.#settled.reject(error))
    }
  }

  cancel(): void {
    if (this.#state === 'waiting') this.#end(() => this.#settled.reject(new HashingFault('cancelled')))
  }

  drop(isClosed: boolean): void {
    if (this.#state !== 'over')
      this.#end(() => this.#settled.reject(new HashingFault(isClosed ? 'unavailable' : 'overloaded')))
  }

  #end(settle: () => void): void {
    this.#state = 'over'
    this.#leave()
    settle()
  }
}
