/** Reloads while the server runs: on SIGHUP, when watched policies change, when an operator asks. What is refused changes nothing. */

import type { App, Ready } from '../app.ts'
import type { Log } from '../services/log.ts'
import { logReload } from './log-reload.ts'
import { type ReloadResult, readRefusal, reloadedTo } from './reload-result.ts'
import { startOnlyChanges } from './start-only.ts'

export type Cause = 'signal' | 'watch' | 'admin'

type Served = Pick<App, 'policy' | 'reload'>

/** Those who wait for one reload: they share its result, or learn that the server ends. */
interface Waiting extends PromiseWithResolvers<ReloadResult | undefined> {
  cause: Cause
}

/** A reload that is over. */
export interface LastReload {
  readonly cause: Cause
  /** When it was over, in milliseconds since the Unix epoch. */
  readonly at: number
  readonly result: ReloadResult
}

export class Reloads {
  readonly #log: Log
  readonly #done: (ready: Ready) => void
  #app: Served | undefined
  /** The digest in force; none where the last reload failed. */
  #digest: string | undefined
  #next: Waiting | undefined
  #running: Waiting | undefined
  #last: LastReload | undefined
  #isClosed = false

  /** Takes SIGHUP from here on; `done` is told of what is put in force. */
  constructor(log: Log, done: (ready: Ready) => void = () => {}) {
    this.#log = log
    this.#done = done
    process.on('SIGHUP', () => void this.ask('signal'))
  }

  /** None before the first. */
  get last(): LastReload | undefined {
    return this.#last
  }

  /** Does what was asked for meanwhile. */
  begin(app: Served): void {
    this.#app = app
    this.#digest = app.policy.digest
    void this.#work(app)
  }

  /** Reloads; while one runs, all who ask share the next one. Resolves to nothing where the server ends before. */
  ask(cause: Cause): Promise<ReloadResult | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    const next = this.#next ?? { cause, ...Promise.withResolvers<ReloadResult | undefined>() }
    if (cause !== 'watch') next.cause = cause
    this.#next = next
    if (this.#app) void this.#work(this.#app)
    return next.promise
  }

  /** Nothing is put in force any more. SIGHUP is still taken: unheard, it would end the process. */
  close(): void {
    this.#isClosed = true
    for (const waiting of [this.#running, this.#next]) waiting?.resolve(undefined)
  }

  async #work(app: Served): Promise<void> {
    if (this.#running) return
    while (this.#next !== undefined && !this.#isClosed) {
      this.#running = this.#next
      this.#next = undefined
      const { cause, resolve } = this.#running
      resolve(await this.#reload(app, cause))
    }
    this.#running = undefined
  }

  async #reload(app: Served, cause: Cause): Promise<ReloadResult | undefined> {
    const [result, ready] = await this.#attempt(app)
    if (this.#isClosed) return undefined
    this.#last = { cause, at: Date.now(), result }
    if (result.result !== 'unchanged' || cause !== 'watch') logReload(this.#log, result)
    if (ready) this.#done(ready)
    return result
  }

  async #attempt(app: Served): Promise<readonly [ReloadResult, Ready?]> {
    try {
      const ready = await app.reload()
      const { digest, settings } = ready.policy
      const result = digest === this.#digest ? 'unchanged' : 'reloaded'
      this.#digest = digest
      return [reloadedTo(ready, { result, restart: startOnlyChanges(app.policy.settings, settings) }), ready]
    } catch (error) {
      this.#digest = undefined
      return [readRefusal(error)]
    }
  }
}
