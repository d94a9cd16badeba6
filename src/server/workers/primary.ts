/** `serve --workers`: a process that serves nothing itself. It starts the workers, holds what they share, and speaks for them. */

import { StartFault } from '../../core/start-fault.ts'
import { bareHead } from '../../guards/headers/headers.ts'
import { atMost } from '../../services/later.ts'
import type { Log } from '../../services/log.ts'
import type { Link } from '../../services/primary/link.ts'
import { type PrimaryWorld, primaryWorld } from '../../services/primary/primary-world.ts'
import type { WorkerReport } from '../admin-routes.ts'
import type { Address } from '../bind.ts'
import { leave } from '../leave.ts'
import type { Listening } from '../listen.ts'
import type { Post } from '../operator.ts'
import { PolicyWatch, type Watched } from '../policy-watch.ts'
import { Reloads } from '../reloads.ts'
import type { Asked, Told } from '../revoking.ts'
import { firstSignal, reportStrayErrors } from '../shutdown.ts'
import { lastCallsMs } from '../standalone.ts'
import { newTicketSeed, TicketKeys } from '../tls/ticket-keys.ts'
import { version } from '../version.ts'
import { Crew } from './crew.ts'
import { findPort, findRedirect } from './find-port.ts'
import { type Member, prepareWorkers } from './member.ts'
import * as messages from './messages.ts'
import { type CrewLoaded, reloadsOfCrew } from './reload-crew.ts'

export interface PrimaryOptions extends Pick<Watched, 'directory' | 'values'> {
  readonly workers: number
  readonly log: Log
  /** Reloads when policies change. */
  readonly isWatching: boolean
}

/** A worker that hangs does not keep who asks for its state waiting, in milliseconds. */
const patience = 1_000

/** Resolves to the exit status when all has ended. */
export const servePrimary = (options: PrimaryOptions): Promise<number> => new Primary(options).run()

class Primary {
  readonly #log: Log
  readonly #shared: PrimaryWorld
  readonly #reloads: Reloads<CrewLoaded>
  readonly #watch: PolicyWatch | undefined
  readonly #crew: Crew
  readonly #workers: number
  #admin: Promise<Listening | undefined> | undefined
  #token = ''
  #address: Promise<Address> | undefined
  #redirect: Promise<Address | undefined> | undefined
  readonly #tickets: TicketKeys
  #grace = 0

  constructor({ workers, log, isWatching, ...watched }: PrimaryOptions) {
    this.#log = log
    this.#workers = workers
    this.#shared = primaryWorld(log)
    this.#tickets = new TicketKeys(newTicketSeed(this.#shared.world.clock.now()))
    this.#reloads = new Reloads(log, (loaded) => this.#follow(loaded))
    const changed = () => void this.#reloads.ask('watch')
    this.#watch = isWatching ? new PolicyWatch({ ...watched, log, changed }) : undefined
    this.#crew = new Crew({
      workers,
      log,
      admit: (link) => this.#admit(link),
      joined: (opened) => this.#join(opened),
    })
  }

  async run(): Promise<number> {
    reportStrayErrors({ log: this.#log, keep: async () => {} })
    prepareWorkers()
    const code = await this.#crew.start()
    if (code !== undefined) return this.#giveUp(code)
    const signal = firstSignal()
    await this.#announce()
    this.#reloads.begin(reloadsOfCrew(this.#crew, this.#shared.world))
    return this.#end(await signal)
  }

  #admit(link: Link): void {
    this.#shared.admit(link)
    link.handle(messages.secretChanged, () => void this.#reloads.ask('secret'))
    link.handle(messages.open, (opening: messages.Opening) => this.#open(opening, link))
  }

  /** Tells a worker where to listen. What the first one brings of settings holds to the end. */
  async #open(opening: messages.Opening, link: Link): Promise<Post> {
    if (opening.version !== version)
      throw new StartFault(
        `the files of Portcullis ${version} were replaced by those of ${opening.version}: restart it`,
      )
    this.#shared.brief(link)
    this.#grace = opening.grace
    this.#admin ??= this.#openAdmin(opening)
    await this.#admin
    this.#address ??= findPort(opening.listen)
    this.#redirect ??= findRedirect(opening.listen)
    const [address, redirect] = [await this.#address, await this.#redirect]
    return { ...address, redirect, tickets: this.#tickets.seed(this.#shared.world.clock.now()) }
  }

  async #openAdmin({ admin }: messages.Opening): Promise<Listening | undefined> {
    const { world } = this.#shared
    this.#token = admin?.token ?? ''
    const [reloads, token] = [this.#reloads, () => this.#token]
    const revoke = (asked: Asked) => this.#revoke(asked)
    const about = { world, bareHead: await bareHead(), reloads, token, revoke, workers: () => this.#report() }
    return admin && (await import('../admin.ts')).openAdmin(admin, about)
  }

  /** A worker that starts after files have changed has other policies than those that did before. */
  #join({ digest, files }: messages.Opened): void {
    const { status, metrics, clock } = this.#shared.world
    if (metrics.policy === undefined) {
      status.open()
      metrics.policy = { digest, loaded: clock.now() }
      this.#watch?.follow(files)
    } else if (metrics.policy.digest !== digest) {
      this.#log.warn({ digest, inForce: metrics.policy.digest }, 'a worker started with other policies: all load them')
      void this.#reloads.ask('watch')
    }
  }

  #follow({ files, token }: CrewLoaded): void {
    this.#watch?.follow(files)
    this.#token = token ?? this.#token
  }

  async #announce(): Promise<void> {
    const [first] = this.#crew.serving
    const admin = await this.#admin
    first?.link.tell(messages.announce, { admin: admin?.url, workers: this.#workers })
  }

  async #end(signal: string): Promise<number> {
    // A second signal ends this process at once, and those are not to stay.
    process.once('exit', () => this.#crew.kill())
    this.#shared.world.status.close()
    this.#log.info({ signal }, 'draining; a second signal ends at once')
    this.#watch?.close()
    this.#reloads.close()
    const code = await this.#crew.drain(this.#grace)
    this.#log.info('drained')
    await (await this.#admin)?.close(lastCallsMs)
    return Math.max(code, await leave(this.#log, []))
  }

  async #giveUp(code: number): Promise<number> {
    this.#watch?.close()
    this.#reloads.close()
    const admin = await this.#admin?.catch(() => undefined)
    await admin?.close(0)
    return code
  }

  /** What one worker revokes, all others hear of. */
  async #revoke(asked: Asked): Promise<Told | undefined> {
    const [first] = this.#crew.serving
    return first?.link.ask<Told>(messages.revokeTokens, asked).catch(() => undefined)
  }

  async #report(): Promise<readonly WorkerReport[]> {
    return Promise.all(this.#crew.members.map(reportOf))
  }
}

async function reportOf({ state, pid, link }: Member): Promise<WorkerReport> {
  if (state !== 'serving') return { pid, status: 'starting', faults: {} }
  let told: messages.WorkerState | undefined
  const asking = link.ask<messages.WorkerState>(messages.state).then(
    (answer) => {
      told = answer
    },
    () => {},
  )
  await atMost(patience, asking)
  if (told === undefined) return { pid, status: 'silent', faults: { workers: 'a worker does not answer' } }
  return { pid, status: told.ready ? 'ready' : 'unready', faults: told.faults, digest: told.digest }
}
