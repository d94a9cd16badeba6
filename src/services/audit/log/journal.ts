/** The files of one log and what it has grown to: each step is kept whole, or it is as if it had not been tried. */

import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { AuditEntry } from '../../../core/audit.ts'
import type { Chain } from '../chain.ts'
import { originOf, signHead } from '../note.ts'
import type { HeadKind, HeadPublisher } from '../publish/publisher.ts'
import { appendWhole } from './append-whole.ts'
import type { Fsync } from './audit-log.ts'
import { beginSegment, extend } from './begin-segment.ts'
import { headsName } from './folder.ts'
import { cutFailedHead } from './heads-file.ts'
import { mend } from './mend.ts'
import { writeBody } from './own-entry.ts'
import { isNoRoom, type Segment } from './segment.ts'

/** Of one log, and the same in all its segments. */
export interface JournalPlace {
  readonly folder: string
  readonly fsync: Fsync
  readonly key: KeyObject
  readonly vkey: string
  /** The time of a record. */
  now(): number
  readonly publish: HeadPublisher['publish'] | undefined
  /** Takes the lines of the records that are kept, the log's own among them; never waits and never throws. */
  copy(lines: readonly string[]): void
}

/** Where a log stands. */
export interface JournalState {
  readonly chain: Chain
  readonly segment: Segment
  /** The size that the last stored head is about. */
  readonly headed: number
}

export class Journal {
  readonly #place: JournalPlace
  #chain: Chain
  #segment: Segment
  #headed: number
  /** What a failed write may have left; the segment is not written to before it is mended. */
  #doubt: Buffer | undefined
  /** Storing the last head failed, and may have left a part of it, or all. */
  #areHeadsInDoubt = false
  /** What mending has to say, not yet on record. */
  #notes: readonly AuditEntry[] = []

  constructor(place: JournalPlace, { chain, segment, headed }: JournalState) {
    this.#place = place
    this.#chain = chain
    this.#segment = segment
    this.#headed = headed
  }

  get size(): number {
    return this.#chain.size
  }

  /** Of the segment that is written to, in bytes. */
  get segmentSize(): number {
    return this.#segment.size
  }

  /** When it was begun, in milliseconds since the Unix epoch. */
  get segmentOpened(): number {
    return this.#segment.place.opened
  }

  get segmentNumber(): number {
    return this.#segment.place.number
  }

  /** Whether the segment holds more than the record that it begins with. */
  get isWorthRotating(): boolean {
    return this.#chain.size > this.#segment.place.before.size + 1
  }

  /** Keeps records, given without their place in the log; returns their lines. What throws is not kept. */
  async append(bodies: readonly string[]): Promise<readonly string[]> {
    await this.#settleDoubt()
    const notes = this.#notes.map((entry) => writeBody(entry, this.#place.now()))
    const { chain, lines } = extend(this.#chain, [...notes, ...bodies])
    if (lines.length === 0) return lines
    await this.#write(Buffer.from(`${lines.join('\n')}\n`))
    this.#chain = chain
    this.#notes = []
    this.#place.copy(lines)
    return lines
  }

  /** Signs what the log has grown to, where that is news: stored first, then published. */
  async signHead(kind: HeadKind): Promise<void> {
    if (this.#headed === this.#chain.size) return
    const { folder, key, publish } = this.#place
    await this.#sync()
    const { size, log } = this.#chain
    const head = signHead({ origin: originOf(log), size, root: this.#chain.root() }, key)
    await this.#storeHead(join(folder, headsName(this.segmentNumber)), head)
    this.#headed = size
    publish?.(head, kind)
  }

  /** Goes on in a new segment; the head of the old one covers its last record. */
  async rotate(): Promise<void> {
    await this.#settleDoubt()
    await this.signHead('lasting')
    const old = this.#segment
    const { chain, segment } = await beginSegment(this.#place, this.#chain, this.segmentNumber + 1)
    this.#chain = chain
    this.#segment = segment
    await closeAnyway(old)
  }

  async close(): Promise<void> {
    await this.#segment.close()
  }

  async #storeHead(path: string, head: string): Promise<void> {
    if (this.#areHeadsInDoubt) await cutFailedHead(path, this.#headed)
    this.#areHeadsInDoubt = true
    await appendWhole(path, `${head}\n`)
    this.#areHeadsInDoubt = false
  }

  async #settleDoubt(): Promise<void> {
    if (this.#doubt === undefined) return
    const { segment, notes } = await mend({ segment: this.#segment, chain: this.#chain, attempt: this.#doubt })
    const old = this.#segment
    this.#segment = segment
    this.#notes = [...this.#notes, ...notes]
    this.#doubt = undefined
    await closeAnyway(old)
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      this.#segment.check()
      await this.#segment.append(bytes)
    } catch (error) {
      this.#doubt = bytes
      if (isNoRoom(error)) await this.#cutBack()
      throw error
    }
  }

  /** No room is no reason to doubt what was kept before. */
  async #cutBack(): Promise<void> {
    try {
      await this.#segment.cutBack()
      this.#doubt = undefined
    } catch {
      return
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#segment.sync()
    } catch (error) {
      this.#doubt ??= Buffer.alloc(0)
      throw error
    }
  }
}

/** A handle of a broken volume may not even close; nothing hangs on it any more. */
async function closeAnyway(segment: Segment): Promise<void> {
  await segment.close().catch(() => {})
}
