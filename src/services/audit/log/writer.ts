/** Brings entries to the journal in groups, signs heads in time, and tells those who wait. */

import type { AuditEntry } from '../../../core/audit.ts'
import { originOf } from '../note.ts'
import type { AuditLog, AuditLogOptions } from './audit-log.ts'
import type { Journal } from './journal.ts'
import type { Lock } from './lock.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { batchRecords, Queue, type Waiting } from './queue.ts'

/** How long entries gather that nobody waits for, in milliseconds: each write costs more than what it writes. */
const gathering = 5

export class Writer implements AuditLog {
  readonly id: string
  readonly origin: string
  readonly vkey: string
  readonly #options: AuditLogOptions
  readonly #journal: Journal
  readonly #lock: Lock
  readonly #queue = new Queue()
  readonly #heads: NodeJS.Timeout
  #turn: Promise<unknown> = Promise.resolve()
  #gathering: NodeJS.Timeout | undefined
  #draining = false
  #closed: Promise<void> | undefined

  constructor(options: AuditLogOptions, held: { id: string; vkey: string; journal: Journal; lock: Lock }) {
    this.id = held.id
    this.origin = originOf(held.id)
    this.vkey = held.vkey
    this.#options = options
    this.#journal = held.journal
    this.#lock = held.lock
    this.#heads = setInterval(() => void this.#exclusively(() => this.#journal.signHead()), options.headEvery).unref()
  }

  get size(): number {
    return this.#journal.size
  }

  append(entry: AuditEntry): void {
    if (!this.#take(entry, undefined)) this.#queue.lose(this.#options.clock.now())
  }

  commit(entry: AuditEntry): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.#take(entry, resolve)) resolve(false)
    })
  }

  rotate(): Promise<void> {
    return this.#exclusively(() => this.#journal.rotate())
  }

  close(): Promise<void> {
    this.#closed ??= this.#exclusively(() => this.#end())
    return this.#closed
  }

  #take(entry: AuditEntry, settle: Waiting['settle']): boolean {
    if (this.#closed !== undefined) return false
    if (!this.#queue.push({ body: writeBody(entry, this.#options.clock.now()), settle })) return false
    this.#wake(settle !== undefined)
    return true
  }

  #wake(urgent: boolean): void {
    if (this.#draining) return
    if (urgent) {
      this.#draining = true
      clearTimeout(this.#gathering)
      setImmediate(() => void this.#drain())
    } else {
      this.#gathering ??= setTimeout(() => this.#wake(true), gathering)
    }
  }

  async #drain(): Promise<void> {
    this.#gathering = undefined
    do await this.#exclusively(() => this.#flush())
    while (this.#queue.isUrgent)
    this.#draining = false
    if (!this.#queue.isEmpty) this.#wake(false)
  }

  /** One step at a time: batches, heads and rotations do not overlap. */
  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => {})
    return done
  }

  async #flush(): Promise<void> {
    const batch = this.#queue.take(this.#options.fsync === 'always' ? 1 : batchRecords)
    if (batch.length === 0) return
    if (this.#journal.segment.size >= this.#options.rotate.bytes) await this.#journal.rotate()
    const lines = await this.#journal.append(batch.map(({ body }) => body))
    for (const { settle } of batch) settle?.(true)
    for (const line of lines) this.#options.copy?.(line)
  }

  async #end(): Promise<void> {
    clearInterval(this.#heads)
    clearTimeout(this.#gathering)
    while (!this.#queue.isEmpty) await this.#flush()
    await this.#journal.append([writeBody(ownEntry('audit.stopped'), this.#options.clock.now())])
    await this.#journal.signHead()
    await this.#journal.close()
    this.#lock.release()
  }
}
