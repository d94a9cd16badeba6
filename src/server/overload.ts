/** Refuses requests that the server cannot bear, before any work is done for them, and says so. */

import { type Denial, deny } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Admission } from '../enforce/admission.ts'
import type { Settings } from '../policy/settings.ts'
import type { World } from '../services/services.ts'
import { RequestQueue } from './request-queue.ts'

type Reason = 'requests' | 'eventLoopDelay'

/** So many times the wait that is borne the server cannot keep up before anything is refused: a burst is borne. */
const patience = 2
/** So long after the last refusal the server is called overloaded, in milliseconds. */
const calm = 2_000

const headers = ['Retry-After', '1']
const denials: Readonly<Record<Reason, Denial>> = {
  requests: deny('overloaded', { headers, cause: '`settings.limits.requests` are being answered' }),
  eventLoopDelay: deny('overloaded', { headers, cause: 'longer than `settings.limits.eventLoopDelay` in wait' }),
}

/** Nobody reads it. */
const gone = deny('overloaded', { headers, cause: 'the client went away before the request was begun' })

export class Overload implements Admission {
  readonly #world: Pick<World, 'log' | 'metrics' | 'status'>
  readonly #workers: number
  readonly #queue: RequestQueue
  #refused = 0
  #last = 0
  #watching: NodeJS.Timeout | undefined

  /** `workers` processes share the limits. */
  constructor(world: Pick<World, 'log' | 'metrics' | 'status'>, workers = 1) {
    this.#world = world
    this.#workers = workers
    this.#queue = new RequestQueue((milliseconds, now) => world.metrics.eventLoopDelay.note(milliseconds, now))
  }

  admit(exchange: Exchange, limits: Settings['limits']): Denial | undefined | Promise<Denial | undefined> {
    const now = performance.now()
    if (this.#world.metrics.inFlight > Math.ceil(limits.requests / this.#workers)) return this.#refuse('requests', now)
    if (!this.#queue.isFull(now)) return undefined
    if (this.#isTooLong(now, limits.eventLoopDelay)) return this.#refuse('eventLoopDelay', now)
    return this.#queue.enter(now).then(() => (exchange.ctx.res.destroyed ? gone : undefined))
  }

  #isTooLong(now: number, most: number): boolean {
    return this.#queue.wait > most && this.#queue.busy(now) > patience * most
  }

  #refuse(reason: Reason, now: number): Denial {
    this.#world.metrics.shed.add({ reason })
    this.#refused++
    this.#last = now
    if (this.#watching === undefined) this.#begin(reason)
    return denials[reason]
  }

  #begin(reason: Reason): void {
    const { log, status } = this.#world
    const text = `requests are refused: \`settings.limits.${reason}\` is reached`
    status.report(this, 'load', text)
    log.warn({ reason }, text)
    this.#watching = setInterval(() => this.#look(), calm / 4).unref()
  }

  #look(): void {
    if (performance.now() - this.#last < calm) return
    clearInterval(this.#watching)
    this.#watching = undefined
    this.#world.status.clear(this)
    this.#world.log.info({ refused: this.#refused }, 'no more requests are refused for overload')
    this.#refused = 0
  }
}
