/** The files of one log and what it has grown to: each step is kept whole, or it is as if it had not been tried. */

import type { KeyObject } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chain } from '../chain.ts'
import { originOf, signHead } from '../note.ts'
import { appendWhole } from './append-whole.ts'
import type { Fsync } from './audit-log.ts'
import { headsName, plainPath, syncFolder } from './folder.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { Segment } from './segment.ts'

/** Of one log, and the same in all its segments. */
export interface JournalPlace {
  readonly folder: string
  readonly fsync: Fsync
  readonly key: KeyObject
  readonly vkey: string
  /** The time of a record. */
  now(): number
  readonly publish: ((head: string) => void) | undefined
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

  constructor(place: JournalPlace, { chain, segment, headed }: JournalState) {
    this.#place = place
    this.#chain = chain
    this.#segment = segment
    this.#headed = headed
  }

  get size(): number {
    return this.#chain.size
  }

  get segment(): Segment {
    return this.#segment
  }

  /** Keeps records, given without their place in the log; returns their lines. */
  async append(bodies: readonly string[]): Promise<readonly string[]> {
    this.#segment.check()
    const { chain, lines } = extend(this.#chain, bodies)
    await this.#segment.append(Buffer.from(`${lines.join('\n')}\n`))
    this.#chain = chain
    return lines
  }

  /** Signs what the log has grown to, where that is news: stored first, then published. */
  async signHead(): Promise<void> {
    if (this.#headed === this.#chain.size) return
    const { folder, key, publish, fsync } = this.#place
    if (fsync === 'os') await this.#segment.sync()
    const { size, log } = this.#chain
    const head = signHead({ origin: originOf(log), size, root: this.#chain.root() }, key)
    await appendWhole(join(folder, headsName(this.#segment.number)), `${head}\n`)
    this.#headed = size
    publish?.(head)
  }

  /** Goes on in a new segment; the head of the old one covers its last record. */
  async rotate(): Promise<void> {
    await this.signHead()
    const old = this.#segment
    const { chain, segment } = await beginSegment(this.#place, this.#chain, old.number + 1)
    this.#chain = chain
    this.#segment = segment
    await old.close()
  }

  async close(): Promise<void> {
    await this.#segment.close()
  }
}

/** The chain with more records, and their lines. */
function extend(
  before: Chain,
  bodies: readonly string[],
): { readonly chain: Chain; readonly lines: readonly string[] } {
  const chain = before.fork()
  const lines = bodies.map((body) => {
    const line = chain.prefix + body
    chain.push(line)
    return line
  })
  return { chain, lines }
}

/** Makes a segment with its first record, on disk when this resolves; a draft that failed is taken away. */
export async function beginSegment(
  place: JournalPlace,
  before: Chain,
  number: number,
): Promise<{ readonly chain: Chain; readonly segment: Segment }> {
  const { folder, fsync, vkey, now } = place
  const path = plainPath(folder, number)
  const opened = now()
  const { size, peaks } = before.state
  const why = number === 1 ? 'created' : 'rotated'
  const entry = ownEntry('audit.segment', { segment: number, why, tree: { size, peaks }, key: vkey })
  const { chain, lines } = extend(before, [writeBody(entry, opened)])
  const segment = await Segment.open({ path, number, opened, size: 0, fsync })
  try {
    await segment.append(Buffer.from(`${lines.join('\n')}\n`))
    await segment.sync()
    await syncFolder(folder)
    return { chain, segment }
  } catch (error) {
    await segment.close()
    await unlink(path)
    throw error
  }
}
