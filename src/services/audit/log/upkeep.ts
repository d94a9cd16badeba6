/** What a log needs beside records: heads in time, rotation, compression, removal of what is too old. */

import type { HeadKind } from '../publish/publisher.ts'
import type { AuditLogOptions } from './audit-log.ts'
import { compressClosed } from './compress.ts'
import type { Journal } from './journal.ts'
import { Outage } from './outage.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { findExpired, removeSegments } from './retain.ts'
import type { Turns } from './turns.ts'

/** Milliseconds between looks for what is too old, or to be closed while nothing comes. */
const lookEvery = 60_000

/** Of a timer: it runs at once where more is asked. */
const longest = 2 ** 31 - 1

export class Upkeep {
  readonly #options: AuditLogOptions
  readonly #log: { readonly id: string; readonly folder: string; readonly journal: Journal }
  readonly #turns: Turns
  readonly #heads: Outage
  readonly #rotation: Outage
  readonly #archive: Outage
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #stopping = new AbortController()
  #tidying: Promise<void> | undefined

  constructor(
    options: AuditLogOptions,
    log: { readonly id: string; readonly folder: string; readonly journal: Journal },
    turns: Turns,
  ) {
    this.#options = options
    this.#log = log
    this.#turns = turns
    this.#heads = new Outage('audit/heads', 'no head of the audit log can be signed', options)
    this.#rotation = new Outage('audit/rotation', 'the audit log cannot begin a new segment', options)
    this.#archive = new Outage(
      'audit/archive',
      'closed segments of the audit log cannot be compressed or removed',
      options,
    )
    this.#timers = [
      setInterval(() => void turns.take(() => this.signHead('passing')), Math.min(options.headEvery, longest)).unref(),
      setInterval(() => void this.#look(), Math.min(lookEvery, options.rotate.milliseconds)).unref(),
    ]
    void this.#tidy()
  }

  /** In the turn of the caller. */
  async signHead(kind: HeadKind): Promise<void> {
    await attempt(this.#heads, () => this.#log.journal.signHead(kind))
  }

  rotate(): Promise<void> {
    return this.#turns.take(() => this.#rotateNow())
  }

  /** In the turn of the caller; where no new segment can be begun, the old one goes on. */
  async rotateInTime(): Promise<void> {
    if (this.#isFull && this.#rotation.isDue) await attempt(this.#rotation, () => this.#rotateNow())
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#stopping.abort()
    await this.#tidying
    for (const outage of [this.#heads, this.#rotation, this.#archive]) outage.drop()
  }

  get #isFull(): boolean {
    const { rotate, clock } = this.#options
    const { journal } = this.#log
    if (!journal.isWorthRotating) return false
    return journal.segmentSize >= rotate.bytes || clock.now() - journal.segmentOpened >= rotate.milliseconds
  }

  async #rotateNow(): Promise<void> {
    await this.#log.journal.rotate()
    void this.#tidy()
  }

  async #look(): Promise<void> {
    await this.#turns.take(() => this.rotateInTime())
    await this.#tidy()
  }

  /** One after another, beside the records. */
  #tidy(): Promise<void> {
    const before = this.#tidying ?? Promise.resolve()
    this.#tidying = before.then(() => this.#removeAndCompress())
    return this.#tidying
  }

  /** Removal first: a full disk has room for its record, but not for a packed copy. */
  async #removeAndCompress(): Promise<void> {
    const { folder, journal } = this.#log
    const { signal } = this.#stopping
    if (signal.aborted) return
    await attempt(
      this.#archive,
      async () => {
        try {
          if (this.#options.retain !== undefined) await this.#removeExpired(this.#options.retain)
        } finally {
          await compressClosed(folder, journal.segmentNumber, signal)
        }
      },
      signal,
    )
  }

  /** What goes is on record, and signed, before anything is deleted. */
  async #removeExpired(retain: number): Promise<void> {
    const { id, folder, journal } = this.#log
    const olderThan = this.#options.clock.now() - retain
    const expired = await findExpired(folder, id, olderThan)
    if (expired === undefined) return
    const { segments, through, root } = expired
    const entry = ownEntry('audit.removed', { through, root, segments, olderThan: new Date(olderThan).toISOString() })
    await this.#turns.take(async () => {
      await journal.append([writeBody(entry, this.#options.clock.now())])
      await journal.signHead('lasting')
    })
    await removeSegments(folder, segments)
  }
}

async function attempt(outage: Outage, step: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  try {
    await step()
    outage.end()
  } catch (error) {
    if (signal?.aborted !== true) outage.begin(error)
  }
}
