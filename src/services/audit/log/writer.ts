/** Brings entries to the journal in groups, and tells those who wait; while the disk fails, entries gather. */

import type { AuditEntry } from '../../../core/audit.ts'
import { originOf } from '../note.ts'
import type { AuditLog, AuditLogOptions } from './audit-log.ts'
import type { Journal } from './journal.ts'
import type { Lock } from './lock.ts'
import { Outage, retryEvery } from './outage.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { batchRecords, type Losses, Queue, type Waiting } from './queue.ts'
import { Turns } from './turns.ts'
import { Upkeep } from './upkeep.ts'

/**
 * How long entries gather that nobody waits for, in milliseconds: each write costs more than what it writes, and a process
 * that is killed loses no more than these (measured: 20 in place of 5 saves a fifth of a record).
 */
const gathering = 20

/** A disk that neither writes nor fails holds up those who wait no longer, in milliseconds. */
const patience = 5_000

/** A log that is ours to write. */
export interface HeldLog {
  readonly id: string
  readonly vkey: string
  readonly folder: string
  readonly journal: Journal
  readonly lock: Lock
}

export class Writer implements AuditLog {
  readonly id: string
  readonly origin: string
  readonly vkey: string
  readonly #options: AuditLogOptions
  readonly #journal: Journal
  readonly #lock: Lock
  readonly #queue = new Queue()
  readonly #turns = new Turns()
  readonly #outage: Outage
  readonly #upkeep: Upkeep
  #gathering: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #draining = false
  /** On their way to the disk. */
  #underWay: readonly Waiting[] = []
  #isStalled = false
  #closed: Promise<void> | undefined

  constructor(options: AuditLogOptions, held: HeldLog) {
    this.id = held.id
    this.origin = originOf(held.id)
    this.vkey = held.vkey
    this.#options = options
    this.#journal = held.journal
    this.#lock = held.lock
    this.#outage = new Outage('audit', `the audit log \`${held.folder}\` cannot be written`, options)
    this.#upkeep = new Upkeep(options, held, this.#turns)
  }

  get size(): number {
    return this.#journal.size
  }

  get waiting(): number {
    return this.#underWay.length + this.#queue.size
  }

  append(entry: AuditEntry): void {
    if (!this.#take(entry, undefined)) this.#lose()
  }

  commit(entry: AuditEntry): Promise<boolean> {
    if (!this.#outage.isDue || this.#isStalled) return Promise.resolve(false)
    return new Promise((resolve) => {
      if (!this.#take(entry, resolve)) resolve(false)
    })
  }

  rotate(): Promise<void> {
    return this.#upkeep.rotate()
  }

  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  #take(entry: AuditEntry, settle: Waiting['settle']): boolean {
    const body = this.#write(entry)
    if (body === undefined || this.#closed !== undefined || !this.#queue.push({ body, settle })) return false
    this.#wake(settle !== undefined || this.#options.fsync === 'always')
    return true
  }

  /** Nothing for what JSON cannot say. */
  #write(entry: AuditEntry): string | undefined {
    try {
      return writeBody(entry, this.#options.clock.now())
    } catch (error) {
      this.#options.log.error({ err: error, event: entry?.event }, 'an audit entry cannot be written')
      return undefined
    }
  }

  #lose(): void {
    this.#options.metrics.auditLost++
    this.#queue.lose(this.#options.clock.now())
  }

  #wake(urgent: boolean): void {
    if (this.#draining || !this.#outage.isDue) return
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
    do await this.#inTime(this.#turns.take(() => this.#flush()))
    while (this.#queue.isUrgent && !this.#outage.isOn)
    this.#draining = false
    if (!this.#queue.isEmpty) this.#wake(this.#options.fsync === 'always')
  }

  async #inTime(step: Promise<boolean>): Promise<void> {
    const stalled = setTimeout(() => this.#stall(), patience).unref()
    try {
      const kept = await step
      if (kept && this.#isStalled) this.#outage.end()
    } finally {
      clearTimeout(stalled)
      this.#isStalled = false
    }
  }

  /** Who waits is told that nothing is known to be kept; what is under way may be found in the log all the same. */
  #stall(): void {
    this.#isStalled = true
    this.#outage.begin(new Error(`the disk does not answer within ${patience} ms`))
    for (const { settle } of [...this.#underWay, ...this.#queue.takeRequired()]) settle?.(false)
  }

  /** False where it could not be kept. */
  async #flush(): Promise<boolean> {
    const losses = this.#queue.takeLosses()
    const batch = this.#queue.take(this.#options.fsync === 'always' ? 1 : batchRecords)
    if (batch.length === 0 && losses === undefined) return true
    this.#underWay = batch
    const bodies = [...this.#describe(losses), ...batch.map(({ body }) => body)]
    const lines = await this.#keep(bodies).catch((error) => this.#fail(error, batch, losses))
    this.#underWay = []
    if (lines === undefined) return false
    this.#tell(batch, lines)
    if (this.#outage.isOn) await this.#upkeep.signHead('passing')
    this.#outage.end()
    return true
  }

  async #keep(bodies: readonly string[]): Promise<readonly string[]> {
    await this.#upkeep.rotateInTime()
    return this.#journal.append(bodies)
  }

  #tell(batch: readonly Waiting[], lines: readonly string[]): void {
    this.#options.metrics.auditRecords += lines.length
    for (const { settle } of batch) settle?.(true)
  }

  #describe(losses: Losses | undefined): readonly string[] {
    if (losses === undefined) return []
    const [from, to] = [new Date(losses.from).toISOString(), new Date(losses.to).toISOString()]
    return [this.#ownBody(ownEntry('audit.lost', { count: losses.count, from, to }))]
  }

  #ownBody(entry: AuditEntry): string {
    return writeBody(entry, this.#options.clock.now())
  }

  /** Who waits is told; the rest is tried again. A head now binds what was kept until here, where one can be stored. */
  async #fail(error: unknown, batch: readonly Waiting[], losses: Losses | undefined): Promise<undefined> {
    const begins = !this.#outage.isOn
    this.#queue.putBack(batch)
    this.#queue.putBackLosses(losses)
    this.#outage.begin(error)
    for (const { settle } of [...batch, ...this.#queue.takeRequired()]) settle?.(false)
    if (begins) await this.#upkeep.signHead('passing')
    this.#tryLater()
  }

  /** Timers may be early. */
  #tryLater(): void {
    clearTimeout(this.#retry)
    const again = (): void => (this.#outage.isDue ? this.#wake(true) : this.#tryLater())
    this.#retry = setTimeout(again, retryEvery).unref()
  }

  async #end(): Promise<void> {
    clearTimeout(this.#gathering)
    clearTimeout(this.#retry)
    await this.#upkeep.stop()
    await this.#turns.take(() => this.#finish())
    await this.#journal.close().catch(() => {})
    this.#outage.drop()
    this.#lock.release()
  }

  async #finish(): Promise<void> {
    while (!this.#queue.isEmpty || this.#queue.hasLosses) {
      if (!(await this.#flush())) return this.#giveUp()
    }
    this.#queue.push({ body: this.#ownBody(ownEntry('audit.stopped')), settle: undefined })
    if (!(await this.#flush())) return this.#giveUp()
    await this.#upkeep.signHead('lasting')
  }

  #giveUp(): void {
    const { log, metrics } = this.#options
    const count = this.#queue.clear()
    metrics.auditLost += count
    log.error({ part: 'audit', count }, 'the audit log closes while it cannot be written: entries that waited are lost')
  }
}
