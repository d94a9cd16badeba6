/** The gate in an app of one's own: Koa middleware with a life cycle, and events for who watches it. */

import { EventEmitter } from 'node:events'
import type { Middleware } from 'koa'
import { makeReady, type Ready } from '../app.ts'
import { type Denial, deny } from '../core/denial.ts'
import type { Observer } from '../core/observer.ts'
import type { Lease } from '../enforce/generation.ts'
import { InForce } from '../enforce/in-force.ts'
import { mount } from '../enforce/mount.ts'
import type { RouteState } from '../handlers/route-handler.ts'
import { type KeptLog, keepLog } from '../services/audit/keep-log.ts'
import { type AuditObserver, auditObserver } from '../services/audit/observe.ts'
import { issuerClaim } from '../services/keys/issuer.ts'
import { createLog, type Log } from '../services/log.ts'
import { metricsObserver } from '../services/metrics.ts'
import { reasonOf } from '../services/reason.ts'
import type { Reach } from '../services/revocation/revocation.ts'
import { type Order, revoke } from '../services/revocation/revoke.ts'
import type { World } from '../services/services.ts'
import { createWorld } from '../services/world.ts'
import { describeDecision } from './describe-decision.ts'
import type { PortcullisEvents } from './events.ts'
import { isDevelopment, type PortcullisOptions, readValues } from './options.ts'
import { Revocations } from './revocations.ts'

const starting = deny('starting', { headers: ['Retry-After', '1'] })
const closed = deny('shutting_down', { headers: ['Retry-After', '1'] })

/**
 * A gate before the routes of a Koa app; `portcullis` makes it. Listeners are told and not asked: what one throws, or
 * rejects with, is logged, and hurts no request.
 */
export class Portcullis extends EventEmitter<PortcullisEvents> {
  /**
   * Judges every request. Mount it before body parsers and routes: what `handler: next` lets through goes on to them, with
   * `ctx.state` filled in; everything else is answered here, 404 where no policy names the path, 503 before `open` and after
   * `close`.
   */
  readonly middleware: Middleware<RouteState>
  /** Takes tokens back before they expire. */
  readonly revocation: Revocations = new Revocations((order) => this.#revoke(order))
  readonly #directory: string
  readonly #options: PortcullisOptions
  readonly #world: World
  readonly #recorder: AuditObserver
  #policies: InForce<Ready> | undefined
  #kept: KeptLog | undefined
  #opening: Promise<this> | undefined
  #waiting: Promise<void> | undefined
  #closing: Promise<void> | undefined
  /** Opening, reloading and closing happen one after another. */
  #last: Promise<unknown> = Promise.resolve()

  /** As `portcullis` does. */
  constructor(directory: string, options: PortcullisOptions = {}) {
    super({ captureRejections: true })
    this.#directory = directory
    this.#options = options
    this.#world = createWorld((options.log as Log | undefined) ?? createLog({ pretty: false, level: 'warn' }))
    this.#world.secrets.listen(() => void this.#reloadByItself())
    this.#recorder = auditObserver(this.#world)
    const observers = [metricsObserver(this.#world.metrics), this.#recorder, this.#watch()]
    this.middleware = mount({ lease: () => this.#lease(), world: this.#world, observers })
  }

  /**
   * Loads, checks and compiles the policies; from then on requests are judged. Rejects with `PolicyRefused` where they have
   * errors, `DirectoryFault` where there is nothing to read, `StartFault` where the machine lacks something; it may be
   * tried again then. Once open, it does nothing more.
   */
  open(): Promise<this> {
    if (this.#closing) return Promise.reject(new Error('the gate is closed: make a new one'))
    this.#opening ??= this.#turn(() => this.#open()).catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /**
   * Loads the policies again, and swaps them between two requests; what limits have counted stays. Where they are refused,
   * the old ones stay in force, and it rejects as `open` does. Calls while one is waiting share its reload. Code of handlers
   * that is loaded already is not loaded again.
   */
  reload(): Promise<void> {
    if (this.#closing) return Promise.reject(new Error('the gate is closed: make a new one'))
    if (!this.#opening) return Promise.reject(new Error('the gate is not open: call `open` before `reload`'))
    this.#waiting ??= this.#turn(() => {
      this.#waiting = undefined
      return this.#reload()
    })
    return this.#waiting
  }

  /**
   * Refuses requests from here on, and lets go of keys and connections once those that are being judged are answered; a
   * reload under way ends first. Close the server before, so that it has no requests left. Twice is once.
   */
  close(): Promise<void> {
    this.#world.status.close()
    this.#closing ??= this.#turn(() => this.#close())
    return this.#closing
  }

  async #open(): Promise<this> {
    this.#policies = new InForce(await this.#load(), this.#world)
    this.#announce('open', this.#policies.current)
    if (!this.#closing) this.#world.status.open()
    return this
  }

  async #reload(): Promise<void> {
    if (!this.#policies) throw new Error('the gate is not open: `open` failed')
    try {
      this.#announce('reload', await this.#policies.renew(() => this.#load()))
    } catch (error) {
      this.#tell('refused', { error })
      throw error
    }
  }

  /** A secret is another one by now. */
  async #reloadByItself(): Promise<void> {
    await this.reload().catch((error: unknown) => {
      const text = `policies not reloaded: ${reasonOf(error)}; the policies from before stay in force`
      if (!this.#closing) this.#world.log.error({}, text)
    })
  }

  async #revoke(order: Order): Promise<Reach> {
    const state = this.#world.stores.opened
    if (this.#closing) throw new Error('the gate is closed: make a new one')
    if (!this.#policies || !state) throw new Error('the gate is not open: call `open` before `revocation`')
    const { issuer } = order
    const known = this.#policies.current.issuers.map(({ name, value }) => issuerClaim(name, value))
    if (issuer !== undefined && !known.includes(issuer)) {
      throw new TypeError(
        `expected an issuer of the policies, not \`${issuer}\`: ${known.join(', ') || 'they name none'}`,
      )
    }
    return revoke(order, { ...this.#world, ...state })
  }

  async #close(): Promise<void> {
    await this.#policies?.close()
    this.#recorder.close()
    await this.#kept?.close()
    await this.#world.accounts.close()
    await this.#world.stores.close()
    this.#world.upstreams.close()
    this.#tell('close')
  }

  async #load(): Promise<Ready> {
    const ready = await makeReady(this.#directory, {
      values: () => readValues(this.#options),
      world: this.#world,
      development: isDevelopment(this.#options),
      mounted: true,
    })
    try {
      await this.#keepLog(ready)
      return ready
    } catch (error) {
      ready.close()
      throw error
    }
  }

  /** One log for the life of the gate; a library writes no file unasked. */
  async #keepLog({ policy: { settings, stacks } }: Ready): Promise<void> {
    const { audit } = settings
    if (this.#kept || audit === undefined) return
    if (audit.isWritten || stacks.some((stack) => stack.audit?.required)) this.#kept = await keepLog(audit, this.#world)
  }

  #announce(event: 'open' | 'reload', { policy, warnings }: Ready): void {
    this.#tell(event, { digest: policy.digest, warnings })
  }

  #lease(): Lease | Denial {
    if (this.#closing) return closed
    return this.#policies?.lease() ?? starting
  }

  #watch(): Observer {
    return {
      finished: (exchange, outcome) => {
        if (this.listenerCount('decision') > 0) this.#tell('decision', describeDecision(exchange, outcome))
      },
    }
  }

  #tell<E extends keyof PortcullisEvents>(event: E, ...facts: PortcullisEvents[E]): void {
    try {
      this.emit<E>(event, ...(facts as never))
    } catch (err) {
      this.#world.log.error({ err, event }, 'a listener failed')
    }
  }

  /** What a listener's promise was rejected with. */
  override [EventEmitter.captureRejectionSymbol](...[err, event]: unknown[]): void {
    this.#world.log.error({ err, event }, 'a listener failed')
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }
}

/**
 * Makes a gate of a policy directory; nothing is read before `open`.
 *
 * @example
 * const gate = portcullis('./policies')
 * await gate.open()
 * new Koa().use(gate.middleware).use(router.routes()).listen(8080)
 */
export const portcullis = (directory: string, options?: PortcullisOptions): Portcullis =>
  new Portcullis(directory, options)
