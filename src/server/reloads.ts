/** Reloads while the server runs: on SIGHUP, and when watched policies change. What is refused is logged, and changes nothing. */

import type { App, Ready } from '../app.ts'
import { StartFault } from '../core/start-fault.ts'
import { PolicyRefused } from '../policy/findings.ts'
import { DirectoryFault } from '../policy/load.ts'
import type { Log } from '../services/log.ts'
import { startOnlyChanges } from './start-only.ts'

type Cause = 'signal' | 'watch'

type Served = Pick<App, 'policy' | 'reload'>

/** So many errors of one refusal are logged; `check` shows all. */
const mostLogged = 20

export class Reloads {
  readonly #log: Log
  readonly #done: (ready: Ready) => void
  #app: Served | undefined
  /** The digest in force; none where the last reload failed. */
  #digest: string | undefined
  #wanted: Cause | undefined
  #isRunning = false
  #isClosed = false

  /** Takes SIGHUP from here on; `done` is told of what is put in force. */
  constructor(log: Log, done: (ready: Ready) => void = () => {}) {
    this.#log = log
    this.#done = done
    process.on('SIGHUP', () => this.ask('signal'))
  }

  /** Does what was asked for meanwhile. */
  begin(app: Served): void {
    this.#app = app
    this.#digest = app.policy.digest
    void this.#work(app)
  }

  /** Reloads; while one runs, all who ask share the next one. */
  ask(cause: Cause): void {
    if (this.#wanted !== 'signal') this.#wanted = cause
    if (this.#app) void this.#work(this.#app)
  }

  /** Nothing is put in force any more. SIGHUP is still taken: unheard, it would end the process. */
  close(): void {
    this.#isClosed = true
  }

  async #work(app: Served): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#wanted !== undefined && !this.#isClosed) {
      const cause = this.#wanted
      this.#wanted = undefined
      await this.#reload(app, cause)
    }
    this.#isRunning = false
  }

  async #reload(app: Served, cause: Cause): Promise<void> {
    try {
      const ready = await app.reload()
      if (this.#isClosed) return
      this.#tell(app, ready, cause)
      this.#done(ready)
    } catch (error) {
      this.#digest = undefined
      if (!this.#isClosed) this.#explain(error)
    }
  }

  #tell(app: Served, { policy, routes, warnings }: Ready, cause: Cause): void {
    const { digest, settings } = policy
    const isSame = digest === this.#digest
    this.#digest = digest
    if (isSame && cause === 'watch') return
    const facts = { digest, routes: routes.length, warnings: warnings.length }
    this.#log.info(
      facts,
      isSame ? 'policies unchanged; the files and secrets they name were read again' : 'policies reloaded',
    )
    const late = startOnlyChanges(app.policy.settings, settings)
    if (late.length > 0)
      this.#log.warn({ settings: late }, `only a restart changes ${late.map((name) => `\`${name}\``).join(', ')}`)
  }

  #explain(error: unknown): void {
    const stays = 'the policies from before stay in force'
    if (error instanceof PolicyRefused) {
      const errors = error.diagnostics.filter(({ severity }) => severity === 'error')
      for (const { rule, file, line, column, message } of errors.slice(0, mostLogged))
        this.#log.error({ rule, place: `${file}:${line}:${column}` }, message)
      this.#log.error({ errors: errors.length }, `policies refused; ${stays}`)
    } else if (error instanceof StartFault || error instanceof DirectoryFault)
      this.#log.error(`policies not reloaded: ${error.message}; ${stays}`)
    else this.#log.error({ err: error }, `policies not reloaded; ${stays}`)
  }
}
