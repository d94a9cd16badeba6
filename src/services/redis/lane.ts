/**
 * The way to one server, with its circuit. It opens with the first answer that is missed: from then on nothing is asked but
 * a probe at a time, and no one waits. Probes that are answered in time close it.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { Deadlines } from './deadlines.ts'
import { grace, Outage, type StoreWorld } from './outage.ts'
import { connectionClosed, judgeRefusal, messageOf } from './refusals.ts'
import { StoreAway } from './store.ts'

/** Milliseconds from one probe to the next. */
const interval = 200
/** Milliseconds after which a connection on which a probe is not answered is given up. */
const patience = 1_000
const tooLate = `no answer within ${patience} ms`
/** A server that goes away again within so many milliseconds has to answer more probes in a row, up to so many. */
const relapse = 10_000
const mostProbes = 4

export interface LaneParts {
  readonly world: StoreWorld
  /** What the server is called in logs and metrics. */
  readonly server: string
  /** Milliseconds. */
  readonly deadline: number
  readonly signal: AbortSignal
  /** Asks the server to do what scripts do; resolves with the milliseconds it took, without those to connect. */
  probe(): Promise<number>
  /** Gives the connection up, for that reason. */
  drop(reason: string): void
}

export class Lane {
  readonly #parts: LaneParts
  readonly #deadlines: Deadlines
  readonly #outage: Outage
  #fault: StoreAway | undefined
  #closed = Promise.withResolvers<void>()
  #closedAt = Number.NEGATIVE_INFINITY
  #probes = 1

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#deadlines = new Deadlines(parts.deadline, parts.world.clock)
    this.#outage = new Outage(parts.world, parts.server)
  }

  get isAway(): boolean {
    return this.#fault !== undefined
  }

  /** Why the server is away, as the latest probe has it. */
  get reason(): string {
    return this.#fault === undefined ? '' : this.#outage.reason
  }

  /** Resolves when the server is not away. */
  whenBack(): Promise<void> {
    return this.#fault === undefined ? Promise.resolve() : this.#closed.promise
  }

  /** Rejects with `StoreAway` where there is no answer, or none in time; a late one is thrown away. */
  ask(call: () => Promise<unknown>): Promise<unknown> {
    const { store } = this.#parts.world.metrics
    if (this.#fault !== undefined) {
      store.skipped++
      return Promise.reject(this.#fault)
    }
    return new Promise((resolve, reject) => {
      const asked = this.#deadlines.start(() => {
        store.late++
        reject(this.open(`no answer within ${this.#parts.deadline} ms`))
      })
      call().then(
        (reply) => {
          if (!asked.end()) return
          store.answer(this.#parts.world.clock.monotonic() - asked.at)
          resolve(reply)
        },
        (error) => {
          if (!asked.end()) return
          store.failed++
          reject(this.#refuse(error))
        },
      )
    })
  }

  /** Asks nothing more until probes are answered; an end within so many milliseconds is no news. */
  open(reason: string, milliseconds = grace): StoreAway {
    if (this.#fault !== undefined) return this.#fault
    const { clock } = this.#parts.world
    const isRelapse = clock.monotonic() - this.#closedAt < relapse
    this.#probes = isRelapse ? Math.min(this.#probes * 2, mostProbes) : 1
    this.#fault = new StoreAway(reason)
    this.#closed = Promise.withResolvers()
    this.#outage.begin(reason, milliseconds)
    void this.#recover()
    return this.#fault
  }

  /** The server has no part any more: nothing is said of it. */
  retire(): void {
    this.#outage.forget()
  }

  /** Ends it, and all who wait. */
  close(): void {
    this.#fault ??= new StoreAway(connectionClosed)
    this.#deadlines.expire()
    this.#outage.forget()
  }

  #refuse(error: unknown): StoreAway {
    const message = messageOf(error)
    const refusal = judgeRefusal(error)
    if (refusal === 'refused') {
      if (this.#outage.tellRefusal(message)) void this.#doubt()
      return new StoreAway(message)
    }
    // The first probe is for the next connection.
    if (refusal === 'stale') this.#parts.drop(message)
    return this.open(message)
  }

  /** Whoever refuses one script may refuse them all, such as to a user whose rights were taken away. */
  async #doubt(): Promise<void> {
    try {
      await this.#parts.probe()
    } catch (error) {
      this.open(messageOf(error))
    }
  }

  async #recover(): Promise<void> {
    const { world, signal, deadline } = this.#parts
    let missing = this.#probes
    while (!signal.aborted) {
      const startedAt = world.clock.monotonic()
      const took = await this.#probe()
      if (signal.aborted) return
      if (took <= deadline) missing--
      else missing = this.#probes
      if (missing === 0) return this.#comeBack()
      const passed = world.clock.monotonic() - startedAt
      await sleep(Math.max(0, interval - passed), undefined, { ref: false, signal }).catch(() => {})
    }
  }

  #comeBack(): void {
    this.#fault = undefined
    this.#closedAt = this.#parts.world.clock.monotonic()
    this.#outage.end()
    this.#closed.resolve()
  }

  /** Milliseconds that the server took; `Infinity` where it did not answer, or refused. */
  async #probe(): Promise<number> {
    const { probe, drop, deadline } = this.#parts
    const impatience = new AbortController()
    const tooLong = sleep(patience, Number.POSITIVE_INFINITY, { ref: false, signal: impatience.signal })
    const probing = probe()
    probing.catch(() => {})
    try {
      const took = await Promise.race([probing, tooLong])
      if (took > deadline) this.#outage.note(took < patience ? `an answer takes ${Math.round(took)} ms` : tooLate)
      if (took === Number.POSITIVE_INFINITY) drop(tooLate)
      return took
    } catch (error) {
      this.#outage.note(messageOf(error))
      if (judgeRefusal(error) === 'stale') drop(messageOf(error))
      return Number.POSITIVE_INFINITY
    } finally {
      impatience.abort()
    }
  }
}
