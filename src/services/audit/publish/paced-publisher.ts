/** Publishes heads one at a time; one that cannot go out is tried again until it is out or a later one takes its place. */

import Bottleneck from 'bottleneck'
import type { Later } from '../../later.ts'
import { reasonOf } from '../../reason.ts'
import type { World } from '../../services.ts'
import type { HeadKind, HeadPublisher, Send } from './publisher.ts'

export interface PacedParts {
  /** Of the metrics, the status and the log. */
  readonly name: string
  readonly send: Send
  readonly world: Pick<World, 'log' | 'metrics' | 'status'>
  readonly later: Later
}

interface Waiting {
  readonly note: string
  readonly kind: HeadKind
}

type Result = 'published' | 'failed' | 'superseded' | 'dropped' | 'lost'

const second = 1_000
/** Between two heads, at least. */
const pace = second
const sendTimeout = 10 * second
const maxRetryDelay = 60 * second
/** That the end of the process waits for the last heads. */
const lastTimeout = 3 * second
/** Lasting heads that wait, at most; then the oldest goes, for a later one proves all that it does. */
const maxWaiting = 100

export class PacedPublisher implements HeadPublisher {
  readonly #parts: PacedParts
  readonly #pace = new Bottleneck({ maxConcurrent: 1, minTime: pace })
  readonly #end = new AbortController()
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #failures = 0
  #cancelRetry = () => {}
  #closed: Promise<void> | undefined

  constructor(parts: PacedParts) {
    this.#parts = parts
  }

  publish(note: string, kind: HeadKind): void {
    if (this.#closed !== undefined) {
      this.#count('lost')
      return
    }
    if (this.#waiting.at(-1)?.kind === 'passing') this.#forget('superseded', this.#waiting.length - 1)
    this.#waiting.push({ note, kind })
    if (this.#waiting.length > maxWaiting) this.#forget('dropped', 0)
    if (this.#failures === 0) this.#start()
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  async #finish(): Promise<void> {
    this.#cancelRetry()
    const cancel = this.#parts.later(() => this.#end.abort(), lastTimeout)
    await this.#pace.stop({ dropWaitingJobs: true })
    await this.#running
    while (this.#waiting.length > 0 && !this.#end.signal.aborted) if (!(await this.#sendFirst())) break
    cancel()
    this.#giveUp()
  }

  #start(): void {
    this.#running ??= this.#pace
      .schedule(() => this.#sendFirst())
      .then(
        (isOut) => this.#goOn(isOut),
        () => this.#goOn(false),
      )
  }

  /** Plans the next one. A retry of bottleneck's own could not be ended early, and would keep the process alive. */
  #goOn(isOut: boolean): void {
    this.#running = undefined
    if (this.#closed !== undefined || this.#waiting.length === 0) return
    const delay = isOut ? 0 : Math.min(second * 2 ** (this.#failures - 1), maxRetryDelay)
    if (delay === 0) this.#start()
    else this.#cancelRetry = this.#parts.later(() => this.#start(), delay)
  }

  /** Whether the first one that waits is out. */
  async #sendFirst(): Promise<boolean> {
    const first = this.#waiting.shift()
    if (first === undefined) return true
    const late = AbortSignal.timeout(sendTimeout)
    try {
      await this.#parts.send(first.note, AbortSignal.any([late, this.#end.signal]))
      return this.#succeed()
    } catch (error) {
      this.#takeBack(first)
      return this.#fail(late.aborted ? `no answer within ${sendTimeout} ms` : reasonOf(error))
    }
  }

  /** Others may have come meanwhile. */
  #takeBack(head: Waiting): void {
    this.#waiting.unshift(head)
    if (head.kind === 'passing' && this.#waiting.length > 1) this.#forget('superseded', 0)
    else if (this.#waiting.length > maxWaiting) this.#forget('dropped', 0)
  }

  #succeed(): true {
    const { name, world } = this.#parts
    this.#count('published')
    if (this.#failures > 0) world.log.info({ publisher: name }, 'audit heads are published again')
    this.#failures = 0
    world.status.clear(this)
    return true
  }

  #fail(reason: string): false {
    const { name, world } = this.#parts
    const sentence = `an audit head could not be published: ${reason}`
    this.#count('failed')
    if (this.#failures++ === 0) world.log.warn({ publisher: name }, sentence)
    world.status.report(this, `audit/heads/${name}`, sentence)
    return false
  }

  #giveUp(): void {
    const { name, world } = this.#parts
    const heads = this.#waiting.length
    if (heads > 0) world.log.warn({ publisher: name, heads }, 'audit heads were not published before the end')
    while (this.#waiting.length > 0) this.#forget('lost', 0)
    world.status.clear(this)
  }

  #forget(result: Result, index: number): void {
    this.#waiting.splice(index, 1)
    this.#count(result)
  }

  #count(result: Result): void {
    this.#parts.world.metrics.auditHeads.add({ publisher: this.#parts.name, result })
  }
}
