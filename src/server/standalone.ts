/** A process that serves alone: signals, watched files and its own admin listener operate it. */

import type { App, Ready } from '../app.ts'
import { redirectAddress } from '../policy/listen-settings.ts'
import type { LevelLog } from '../services/log.ts'
import { createWorld } from '../services/world.ts'
import type { Listening } from './listen.ts'
import type { Operator, Post, Serving } from './operator.ts'
import { PolicyWatch, type Watched } from './policy-watch.ts'
import { Reloads, reloadsOf } from './reloads.ts'
import { type Asked, Revoking } from './revoking.ts'
import { firstSignal } from './shutdown.ts'
import { newTicketSeed } from './tls/ticket-keys.ts'

interface Standing extends Pick<Watched, 'directory' | 'values'> {
  readonly log: LevelLog
  /** Reloads when policies change. */
  readonly isWatching: boolean
}

/** What still asks the admin listener when all else is drained gets this long, in milliseconds. */
export const lastCallsMs = 1_000

/** From here on SIGHUP and changes are taken note of; they are acted on once there is an app to reload. */
export const standalone = (standing: Standing): Operator => new Standalone(standing)

class Standalone implements Operator {
  readonly log: LevelLog
  readonly life: LevelLog
  readonly world: Operator['world']
  readonly workers = 1
  readonly isFirst = true
  readonly #reloads: Reloads
  readonly #revoking: Revoking
  readonly #watch: PolicyWatch | undefined
  #admin: Listening | undefined
  #token = ''
  #signal: Promise<string> | undefined

  constructor({ log, isWatching, ...watched }: Standing) {
    this.log = log
    this.life = log
    this.world = createWorld(log)
    this.#revoking = new Revoking(this.world)
    this.#reloads = new Reloads(log, (ready) => this.#follow(ready))
    this.world.secrets.listen(() => void this.#reloads.ask('secret'))
    const changed = () => void this.#reloads.ask('watch')
    this.#watch = isWatching ? new PolicyWatch({ ...watched, log, changed }) : undefined
  }

  async open({ policy: { settings }, bareHead }: App): Promise<Post> {
    const { world } = this
    const { admin, listen } = settings
    this.#token = admin?.token ?? ''
    const revoke = (asked: Asked) => this.#revoking.run(asked)
    const about = { world, bareHead, revoke, reloads: this.#reloads, token: () => this.#token }
    this.#admin = admin && (await (await import('./admin.ts')).openAdmin(admin, about))
    return { ...listen, redirect: redirectAddress(listen), tickets: newTicketSeed(world.clock.now()) }
  }

  /** Whoever reads that it serves may end it at once. */
  begin({ app, announce }: Serving): void {
    this.#signal = firstSignal()
    announce({ admin: this.#admin?.url, workers: 1 })
    this.#watch?.follow(app.files)
    this.#revoking.follow(app)
    this.#reloads.begin(reloadsOf(app))
  }

  stop(): Promise<string> {
    return this.#signal ?? firstSignal()
  }

  drain(): void {
    this.#watch?.close()
    this.#reloads.close()
  }

  async close(): Promise<void> {
    await this.#admin?.close(lastCallsMs)
  }

  async fail(error: unknown): Promise<number> {
    throw error
  }

  end(): void {}

  #follow({ files, policy, issuers }: Ready): void {
    this.#watch?.follow(files)
    this.#revoking.follow({ issuers })
    this.#token = policy.settings.admin?.token ?? this.#token
  }
}
