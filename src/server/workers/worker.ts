/** A process that serves as one of several: its primary has it reload and end, and tells of it. */

import cluster from 'node:cluster'
import type { App } from '../../app.ts'
import { StartFault } from '../../core/start-fault.ts'
import type { LevelLog, Log } from '../../services/log.ts'
import { Link } from '../../services/primary/link.ts'
import { workerWorld } from '../../services/primary/worker-world.ts'
import type { World } from '../../services/services.ts'
import type { Operator, Post, Serving, Started } from '../operator.ts'
import { readRefusal } from '../reload-result.ts'
import { reloadsOf } from '../reloads.ts'
import { type Asked, Revoking } from '../revoking.ts'
import { version } from '../version.ts'
import * as messages from './messages.ts'
import type { Seat } from './seat.ts'
import { type WireReload, writeResult } from './wire-result.ts'

/** From here on it listens to its primary, and to no signal but SIGTERM: a terminal sends the others to all processes. */
export const worker = (log: LevelLog, seat: Seat): Operator => new Worker(log, seat)

class Worker implements Operator {
  readonly log: LevelLog
  readonly life: Log
  readonly world: World
  readonly workers: number
  readonly isFirst: boolean
  readonly #link: Link
  readonly #stopping = Promise.withResolvers<string>()
  readonly #crew = {}
  #isDraining = false

  constructor(log: LevelLog, { workers, isFirst }: Seat) {
    this.log = log
    this.life = quiet(log)
    this.workers = workers
    this.isFirst = isFirst
    this.#link = this.#connect()
    this.world = workerWorld(log, this.#link, workers)
    this.world.secrets.listen(() => this.#link.tell(messages.secretChanged))
    this.#listen()
  }

  async open({ policy: { settings } }: App): Promise<Post> {
    const { listen, admin, shutdown } = settings
    const opening: messages.Opening = { version, listen, admin, grace: shutdown.grace }
    return this.#link.ask<Post>(messages.open, opening).catch(({ message }: Error) => {
      throw new StartFault(message)
    })
  }

  begin({ app, announce }: Serving): void {
    const [attempt, revoking] = [reloadsOf(app), new Revoking(this.world)]
    revoking.follow(app)
    this.#link.handle(messages.revokeTokens, (asked: Asked) => revoking.run(asked))
    this.#link.handle(messages.reload, async (): Promise<WireReload | undefined> => {
      if (this.#isDraining) return undefined
      const [result, ready] = await attempt()
      if (ready !== undefined) revoking.follow(ready)
      const token = ready?.policy.settings.admin?.token
      return { result: writeResult(result), files: ready?.files, token }
    })
    this.#link.handle(messages.announce, (started: Started) => announce(started))
    this.#link.tell(messages.serving, { digest: app.policy.digest, files: app.files } satisfies messages.Opened)
  }

  stop(): Promise<string> {
    return this.#stopping.promise
  }

  drain(): void {
    this.#isDraining = true
  }

  async close(): Promise<void> {}

  async fail(error: unknown): Promise<number> {
    if (this.isFirst) throw error
    this.#link.tell(messages.failed, writeResult(readRefusal(error)))
    return 3
  }

  /** Without the channel, nothing keeps the process alive. */
  end(): void {
    if (process.connected) process.disconnect()
  }

  #connect(): Link {
    // The first line that cannot be sent tells nothing that the end of the channel does not.
    const link = new Link(
      (message) => void process.send?.(message, undefined, undefined, () => {}),
      (err) => this.log.error({ err }, 'a message of the primary process was not understood'),
    )
    process.on('message', link.receive)
    process.once('disconnect', () => {
      link.close()
      this.#stopping.resolve('the primary process is gone')
    })
    // Node would end the process with the channel; what runs is to be answered first.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
    return link
  }

  #listen(): void {
    const ignore = () => {}
    process.on('SIGHUP', ignore).on('SIGINT', ignore)
    process.on('SIGTERM', () => this.#stopping.resolve('SIGTERM'))
    this.#link.handle(messages.drain, () => this.#stopping.resolve('drain'))
    this.#link.handle(messages.state, () => this.#describe())
    this.#link.handle(messages.crew, (size: messages.CrewSize) => this.#noteCrew(size))
  }

  #describe(): messages.WorkerState {
    const { status, metrics } = this.world
    const { [workersPart]: _, ...faults } = Object.fromEntries(status.faults)
    return { pid: process.pid, ready: status.ready, faults, digest: metrics.policy?.digest }
  }

  #noteCrew({ serving, of }: messages.CrewSize): void {
    if (serving < of) this.world.status.report(this.#crew, workersPart, `${serving} of ${of} workers serve`)
    else this.world.status.clear(this.#crew)
  }
}

/** What the status calls the number of workers. */
const workersPart = 'workers'

/** What the primary tells for all is told at `debug` by each. */
const quiet = (log: Log): Log => ({
  info: log.debug.bind(log),
  warn: log.warn.bind(log),
  error: log.error.bind(log),
  debug: log.debug.bind(log),
})
