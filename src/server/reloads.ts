/** Reloads while the server runs: on SIGHUP, when watched policies or secrets change, when an operator asks. What is refused changes nothing. */

import type { App, Ready } from '../app.ts'
import type { Settings } from '../policy/settings.ts'
import { isIdentityIssuer } from '../services/identity/identity-issuer.ts'
import type { Log } from '../services/log.ts'
import { logReload } from './log-reload.ts'
import { type ReloadResult, readRefusal, reloadedTo } from './reload-result.ts'
import { startOnlyChanges } from './start-only.ts'

/** Those who ask by themselves come first: of several, the last is told. */
const causes = ['watch', 'secret', 'signal', 'admin'] as const
export type Cause = (typeof causes)[number]

type Served = Pick<App, 'policy' | 'issuers' | 'reload'>

/** Loads the policies anew, and tells what became of it; `ready` is what it put in force. */
export type Attempt<T> = () => Promise<readonly [ReloadResult, ready?: T]>

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

export class Reloads<T = Ready> {
  readonly #log: Log
  readonly #done: (ready: T) => void
  #attempt: Attempt<T> | undefined
  #next: Waiting | undefined
  #running: Waiting | undefined
  #last: LastReload | undefined
  #isClosed = false

  /** Takes SIGHUP from here on; `done` is told of what is put in force. */
  constructor(log: Log, done: (ready: T) => void = () => {}) {
    this.#log = log
    this.#done = done
    process.on('SIGHUP', () => void this.ask('signal'))
  }

  /** None before the first. */
  get last(): LastReload | undefined {
    return this.#last
  }

  /** Does what was asked for meanwhile. */
  begin(attempt: Attempt<T>): void {
    this.#attempt = attempt
    void this.#work(attempt)
  }

  /** Reloads; while one runs, all who ask share the next one. Resolves to nothing where the server ends before. */
  ask(cause: Cause): Promise<ReloadResult | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    const next = this.#next ?? { cause, ...Promise.withResolvers<ReloadResult | undefined>() }
    if (causes.indexOf(cause) > causes.indexOf(next.cause)) next.cause = cause
    this.#next = next
    if (this.#attempt) void this.#work(this.#attempt)
    return next.promise
  }

  /** Nothing is put in force any more. SIGHUP is still taken: unheard, it would end the process. */
  close(): void {
    this.#isClosed = true
    for (const waiting of [this.#running, this.#next]) waiting?.resolve(undefined)
  }

  async #work(attempt: Attempt<T>): Promise<void> {
    if (this.#running) return
    while (this.#next !== undefined && !this.#isClosed) {
      this.#running = this.#next
      this.#next = undefined
      const { cause, resolve } = this.#running
      resolve(await this.#reload(attempt, cause))
    }
    this.#running = undefined
  }

  async #reload(attempt: Attempt<T>, cause: Cause): Promise<ReloadResult | undefined> {
    const [result, ready] = await attempt()
    if (this.#isClosed) return undefined
    this.#last = { cause, at: Date.now(), result }
    if (result.result !== 'unchanged' || cause !== 'watch') logReload(this.#log, result)
    if (ready) this.#done(ready)
    return result
  }
}

/** Reloads of an app in this process. */
export function reloadsOf(app: Served): Attempt<Ready> {
  // The digest in force; none where the last reload failed.
  let known: string | undefined = app.policy.digest
  let database = databaseOf(app)
  return async () => {
    try {
      const ready = await app.reload()
      const { digest, settings } = ready.policy
      const result = digest === known ? 'unchanged' : 'reloaded'
      known = digest
      database ??= databaseOf(ready)
      const started: Settings = { ...app.policy.settings, database: database ?? settings.database }
      return [reloadedTo(ready, { result, restart: startOnlyChanges(started, settings) }), ready]
    } catch (error) {
      known = undefined
      return [readRefusal(error)]
    }
  }
}

/** The first policies with accounts open it, for the life of the process. */
const databaseOf = ({ issuers, policy }: Pick<Ready, 'issuers' | 'policy'>): Settings['database'] =>
  issuers.some(isIdentityIssuer) ? policy.settings.database : undefined
