/** The connections to one target: those that are free, and who waits for one. */

import type { Clock } from '../clock.ts'
import { CarriedCall } from './carried-call.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { compileConnector, type Open } from './connector.ts'
import { compileRequestHead } from './request-head.ts'
import type { AnswerReceiver, Calls, Target, UpstreamCall, UpstreamRequest } from './upstreams.ts'

/** Further requests wait, within their own timeout, for one to be free. */
const maxConnections = 1024
/** Milliseconds after which a connection is not used again, so that the name is looked up again. */
const connectionAge = 60_000
const sweepInterval = 1_000

const closedPool = new Error('the connections to the upstream were closed')
const unused = new Error('the connection was not used for long')

export class ConnectionPool implements Calls, ConnectionOwner {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #open: Open
  readonly #writeHead: (request: UpstreamRequest) => string | TypeError
  readonly #connections = new Set<Connection>()
  /** Whichever was used last is used next, so that the others can end. */
  readonly #free: Connection[] = []
  /** Since the event loop turned last, and since the turn before. */
  #answered: Connection[] = []
  #settling: Connection[] = []
  /** With their heads. */
  readonly #waiting = new Map<CarriedCall, string>()
  #sweeper: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(target: Target, clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#open = compileConnector(target)
    this.#writeHead = compileRequestHead(target.origin)
  }

  call(request: UpstreamRequest, receiver: AnswerReceiver): UpstreamCall {
    const call = new CarriedCall(request, receiver)
    const head = this.#isClosed ? closedPool : this.#writeHead(request)
    if (typeof head !== 'string') receiver.failed(head, false)
    else if (!this.#place(call, head)) this.#wait(call, head)
    return call
  }

  freed(connection: Connection, keep: number): void {
    connection.keptUntil = Math.min(this.#clock.monotonic() + keep, connection.opened + connectionAge)
    this.#answered.push(connection)
    if (this.#answered.length + this.#settling.length === 1) setImmediate(() => this.#turn())
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection)
    const at = this.#free.indexOf(connection)
    if (at !== -1) this.#free.splice(at, 1)
    this.#placeNext()
  }

  /** Ends every connection; what runs on them fails for this reason. */
  close(reason: Error = closedPool): void {
    this.#isClosed = true
    clearInterval(this.#sweeper)
    for (const call of this.#waiting.keys()) call.abort(reason)
    for (const connection of this.#connections) connection.destroy(reason)
  }

  /**
   * What an upstream sends behind its answer must not answer the next request: a connection is free once the event loop has
   * read again what there is, which ends one that spoke unasked.
   */
  #turn(): void {
    this.#free.push(...this.#settling.filter(({ isOpen }) => isOpen))
    for (let left = this.#settling.length; left > 0; left--) this.#placeNext()
    this.#settling = this.#answered
    this.#answered = []
    if (this.#settling.length > 0) setImmediate(() => this.#turn())
    if (this.#free.length > 0) this.#sweepOn()
  }

  #sweepOn(): void {
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepInterval).unref()
  }

  /** False where every connection is in use. */
  #place(call: CarriedCall, head: string): boolean {
    const isFull = this.#connections.size >= maxConnections
    const free = call.request.fresh && !isFull ? undefined : this.#takeFree()
    if (free === undefined && isFull) return false
    call.leave?.()
    call.leave = undefined
    if (free === undefined) this.#connect(call, head)
    else free.carry(call, head)
    return true
  }

  #wait(call: CarriedCall, head: string): void {
    this.#waiting.set(call, head)
    call.leave = () => this.#waiting.delete(call)
  }

  #connect(call: CarriedCall, head: string): void {
    const opened = this.#clock.monotonic()
    try {
      this.#connections.add(new Connection(this.#open, { owner: this, opened, call, head }))
    } catch (error) {
      call.receiver.failed(error as Error, false)
    }
  }

  /** Those that wait are placed in the order in which they came; one that cannot be placed stays the first. */
  #placeNext(): void {
    const [next] = this.#waiting
    if (next !== undefined) this.#place(...next)
  }

  #takeFree(): Connection | undefined {
    const now = this.#clock.monotonic()
    for (let last = this.#free.pop(); last !== undefined; last = this.#free.pop()) {
      if (last.isOpen && now < last.keptUntil) return last
      last.destroy(unused)
    }
    return undefined
  }

  /** Ends those whose time is over, and lets the others rest. */
  #sweep(): void {
    const now = this.#clock.monotonic()
    for (const connection of [...this.#free])
      if (now < connection.keptUntil) connection.rest()
      else connection.destroy(unused)
    if (this.#free.length > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}
