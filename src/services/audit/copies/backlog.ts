/** Lines that wait for a slow reader, so many and no more: what comes when it is full is dropped, and every drop is told. */

import type { Later } from '../../later.ts'
import type { World } from '../../services.ts'

export interface BacklogParts {
  /** Of the copy, in the metrics and the log. */
  readonly name: string
  readonly world: Pick<World, 'log' | 'metrics'>
  readonly later: Later
}

/** In UTF-16 code units. */
const maxLength = 4 * 1024 * 1024
/** Drops are logged no more often than this. */
const quiet = 10_000

export class Backlog {
  readonly #parts: BacklogParts
  #lines: string[] = []
  /** Where the first line that was not taken stands. */
  #first = 0
  #length = 0
  /** Dropped since the last line that was taken in. */
  #gap = 0
  /** Dropped and not logged yet. */
  #unsaid = 0
  #cancelSaying: (() => void) | undefined

  constructor(parts: BacklogParts) {
    this.#parts = parts
  }

  get isEmpty(): boolean {
    return this.#first === this.#lines.length && this.#gap === 0
  }

  push(line: string): void {
    if (this.#length + line.length > maxLength) this.drop(1)
    else this.#keep(line)
  }

  /** The next lines, of about this length together, and at least one where there is any. */
  take(length: number): readonly string[] {
    this.#closeGap()
    const from = this.#first
    let taken = 0
    while (this.#first < this.#lines.length && taken < length) taken += this.#lines[this.#first++]?.length ?? 0
    this.#length -= taken
    const lines = this.#lines.slice(from, this.#first)
    if (this.#first === this.#lines.length) this.#restart()
    else if (this.#first > 4096 && this.#first * 2 > this.#lines.length) this.#compact()
    return lines
  }

  /** Counts lines that are lost to the copy. */
  drop(count: number): void {
    this.#gap += count
    this.#parts.world.metrics.auditDropped.add({ copy: this.#parts.name }, count)
    this.#unsaid += count
    if (this.#cancelSaying === undefined) this.#say()
  }

  /** Drops what is left, and logs what was not logged yet. */
  close(): void {
    const left = this.#lines.length - this.#first
    this.#restart()
    this.#length = 0
    if (left > 0) this.drop(left)
    this.#cancelSaying?.()
    if (this.#unsaid > 0) this.#warn()
  }

  #keep(line: string): void {
    this.#closeGap()
    this.#lines.push(line)
    this.#length += line.length
  }

  /** A gap is told in its place, between the lines around it. */
  #closeGap(): void {
    if (this.#gap === 0) return
    const notice = JSON.stringify({ audit: 'dropped', copy: this.#parts.name, count: this.#gap })
    this.#gap = 0
    this.#keep(notice)
  }

  #restart(): void {
    this.#lines = []
    this.#first = 0
  }

  #compact(): void {
    this.#lines = this.#lines.slice(this.#first)
    this.#first = 0
  }

  /** At once, and then what came in the meantime. */
  #say(): void {
    this.#cancelSaying = undefined
    if (this.#unsaid === 0) return
    this.#warn()
    this.#cancelSaying = this.#parts.later(() => this.#say(), quiet)
  }

  #warn(): void {
    const { name, world } = this.#parts
    world.log.warn({ copy: name, count: this.#unsaid }, 'audit records were not copied; the log has them')
    this.#unsaid = 0
  }
}
