/** One worker process, as its primary knows it. */

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { StartFault } from '../../core/start-fault.ts'
import { atMost } from '../../services/later.ts'
import type { Log } from '../../services/log.ts'
import { Link } from '../../services/primary/link.ts'
import { standardOutput } from '../../services/standard-output.ts'
import * as messages from './messages.ts'
import { type Seat, writeSeat } from './seat.ts'
import { passOnLines } from './whole-lines.ts'

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** So many times in a row it may leave unanswered how it is. */
const mostUnanswered = 6

/** What it wrote before its end is on its way at most so long, in milliseconds. */
const lastLinesMs = 1_000

export class Member {
  readonly link: Link
  /** Resolves once it serves; to nothing where it ended before. */
  readonly serving: Promise<messages.Opened | undefined>
  readonly ended: Promise<End>
  readonly bornAt = performance.now()
  state: 'starting' | 'serving' | 'gone' = 'starting'
  /** Why it could not start, where it said so. */
  failure: messages.Failed | undefined
  readonly #worker: Worker
  readonly #log: Log
  /** How often it was asked how it is, and has not answered. */
  #unanswered = 0

  /** Starts it. */
  constructor(seat: Seat, log: Log) {
    this.#log = log
    this.#worker = cluster.fork(writeSeat(seat))
    const { process: child } = this.#worker
    this.link = new Link(
      (message) => this.#worker.isConnected() && child.send(message, undefined, undefined, () => {}),
      (err) => {
        log.error({ err, pid: child.pid }, 'a message of a worker was not understood; it is ended')
        this.kill()
      },
    )
    this.#worker.on('message', this.link.receive)
    // What cannot be sent any more, and a process that cannot be started: its end tells.
    this.#worker.on('error', (err) => log.warn({ err, pid: child.pid }, 'a worker failed'))
    if (child.stdout) passOnLines(child.stdout, (text) => void standardOutput().write(text))
    this.ended = this.#awaitEnd()
    this.serving = this.#awaitServing()
    this.link.handle(messages.failed, (failure: messages.Failed) => {
      this.failure = failure
    })
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  /** Kills it where it hangs. Counted and not timed: a machine that stood still is no worker that hangs. */
  check(): void {
    if (this.#unanswered >= mostUnanswered) {
      this.#log.error({ pid: this.pid }, 'a worker does not answer; it is killed')
      this.kill()
    }
    if (this.#unanswered++ > 0) return
    this.link.ask(messages.state).then(
      () => {
        this.#unanswered = 0
      },
      () => {},
    )
  }

  async #awaitEnd(): Promise<End> {
    const { process: child } = this.#worker
    const { promise, resolve } = Promise.withResolvers<End>()
    this.#worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }))
    const closed = once(child, 'close')
    const end = await promise
    this.state = 'gone'
    this.link.close()
    await atMost(lastLinesMs, closed)
    return end
  }

  async #awaitServing(): Promise<messages.Opened | undefined> {
    const { promise, resolve } = Promise.withResolvers<messages.Opened | undefined>()
    this.link.handle(messages.serving, (opened: messages.Opened) => {
      if (this.state === 'starting') this.state = 'serving'
      resolve(opened)
    })
    this.link.ended(() => resolve(undefined))
    return promise
  }
}

/** How all workers are started: as this process was. Where a terminal reads, they write to it themselves. */
export function prepareWorkers(): void {
  if (cluster.isWorker)
    throw new StartFault(
      '`--workers` starts no workers of a worker: leave it out under pm2 and the like, or run one process there',
    )
  cluster.schedulingPolicy = cluster.SCHED_RR
  const output = process.stdout.isTTY ? 'inherit' : 'pipe'
  cluster.setupPrimary({
    args: process.argv.slice(2),
    serialization: 'json',
    stdio: ['ignore', output, 'inherit', 'ipc'],
  })
}
