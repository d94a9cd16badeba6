/** The secrets of one provider: fetched once however many ask, looked at again before anyone asks, kept when it is away. */

import type { Clock } from '../clock.ts'
import { type Later, unhurried } from '../later.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Status } from '../status.ts'
import { Entry } from './entry.ts'
import { type Call, type Fetched, type Other, type Provider, SecretFault } from './secrets.ts'

export interface SourceWorld {
  readonly clock: Clock
  readonly log: Log
  readonly status: Status
  readonly later?: Later
}

interface SourceParts extends SourceWorld {
  readonly provider: Provider
  /** How long the value before a rotation counts, in milliseconds. */
  readonly overlap: number
  /** Told after every look. */
  readonly looked: () => void
}

/** A reload that can go on with what was read last does not wait long, in milliseconds. */
const patience = 2_000
const [firstRetry, settle] = [5_000, 10]

export class SecretSource {
  readonly provider: Provider
  readonly #parts: SourceParts
  readonly #later: Later
  readonly #entries = new Map<string, Entry>()
  /** Name → why it could not be read. */
  readonly #faults = new Map<string, string>()
  #failures = 0
  #cancelLook = () => {}
  #cancelFollow = () => {}
  #unwatch = () => {}
  #isClosed = false

  constructor(parts: SourceParts) {
    this.#parts = parts
    this.provider = parts.provider
    this.#later = parts.later ?? unhurried
    this.#schedule()
  }

  /** The secret of this name; what was read last where the provider is away. Rejects with `SecretFault`. */
  fetch(name: string, call: Call): Promise<Fetched> {
    const entry = this.#entryOf(name)
    const isFresh = this.#parts.clock.monotonic() - entry.fetchedAt < this.provider.freshFor
    if (entry.fetched && isFresh && (entry.verifies || !call.verifies)) return Promise.resolve(entry.fetched)
    entry.verifies ||= call.verifies
    const { fetched } = entry
    if (fetched === undefined) return this.#load(name, entry, call.signal)
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(patience)])
    return this.#load(name, entry, signal).catch((error) => {
      if (error instanceof SecretFault && error.isOutage) return fetched
      throw error
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What was read last. */
  known(name: string): Fetched | undefined {
    return this.#entries.get(name)?.fetched
  }

  /** The values that count beside it. */
  others(name: string): readonly Other[] {
    return this.#entries.get(name)?.others(this.#parts.clock.now(), this.#parts.overlap) ?? []
  }

  /** From here on these are looked at, and no others. */
  follow(names: ReadonlySet<string>): void {
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#forget(name)
    this.#cancelFollow()
    if (this.provider.watch && !this.#isClosed) this.#cancelFollow = this.#later(() => this.#watch(), settle)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelLook()
    this.#cancelFollow()
    this.#unwatch()
    this.#parts.status.clear(this)
    this.provider.close()
  }

  #entryOf(name: string): Entry {
    const entry = this.#entries.get(name) ?? new Entry()
    this.#entries.set(name, entry)
    return entry
  }

  #forget(name: string): void {
    this.#entries.delete(name)
    if (this.#faults.delete(name)) this.#report()
  }

  /** Whoever asks meanwhile waits for the same call. */
  #load(name: string, entry: Entry, signal: AbortSignal): Promise<Fetched> {
    entry.running ??= this.provider
      .fetch(name, { verifies: entry.verifies, signal })
      .then(
        (fetched) => this.#take(name, entry, fetched),
        (error) => this.#fail(name, entry, error),
      )
      .finally(() => {
        entry.running = undefined
      })
    return entry.running
  }

  #take(name: string, entry: Entry, fetched: Fetched): Fetched {
    const { clock, log, overlap } = this.#parts
    entry.fetchedAt = clock.monotonic()
    if (this.#faults.delete(name)) {
      log.info({ name }, `the secret \`${name}\` can be read again`)
      this.#report()
    }
    return entry.take(fetched, clock.now(), overlap)
  }

  /** What nobody has had yet is told by who asks. */
  #fail(name: string, entry: Entry, error: unknown): never {
    if (entry.fetched !== undefined && !this.#isClosed && this.#entries.get(name) === entry) {
      const reason = reasonOf(error)
      if (!this.#faults.has(name))
        this.#parts.log.warn({ name }, `${reason}; the value that was read last stays in use`)
      this.#faults.set(name, reason)
      this.#report()
    }
    throw error
  }

  #report(): void {
    const { status } = this.#parts
    if (this.#faults.size === 0 || this.#isClosed) status.clear(this)
    else status.report(this, 'secrets', [...this.#faults.values()].join('; '))
  }

  /** What changes between reading and watching is seen by the look that follows. */
  #watch(): void {
    this.#unwatch()
    this.#unwatch = this.provider.watch?.([...this.#entries.keys()], () => void this.#look()) ?? (() => {})
    void this.#look()
  }

  /** Reads all again; never rejects. */
  async #look(): Promise<void> {
    this.#cancelLook()
    const signal = AbortSignal.timeout(this.provider.deadline)
    const looks = Array.from(this.#entries, ([name, entry]) => this.#load(name, entry, signal))
    const results = await Promise.allSettled(looks)
    if (this.#isClosed) return
    this.#failures = results.some(({ status }) => status === 'rejected') ? this.#failures + 1 : 0
    this.#schedule()
    this.#parts.looked()
  }

  /** Sooner where something failed; never all nodes at once. */
  #schedule(): void {
    const { refresh } = this.provider
    if (refresh === undefined || this.#isClosed) return
    const wait = this.#failures === 0 ? refresh : Math.min(refresh, firstRetry * 2 ** (this.#failures - 1))
    this.#cancelLook()
    this.#cancelLook = this.#later(() => void this.#look(), wait * (0.9 + Math.random() / 5))
  }
}
