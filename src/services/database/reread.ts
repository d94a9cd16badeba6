/** Reads a database again and again, and leaves it alone while nothing in it can have changed. */

import type { Clock } from '../clock.ts'
import type { Database, DataVersion } from './database.ts'

/**
 * Milliseconds that a version has to stand before what is read counts as all of it: the times of files go by ticks, up to
 * 2 s long, and a commit is written before it can be read, by as much as the disk is late.
 */
const settling = 4_000
/** Milliseconds after which it is read all the same, should a disk be later than that, a clock be set, or a file system lie. */
const longest = 3_600_000

interface Seen {
  readonly tag: string | undefined
  readonly since: number
}

export class Reread {
  readonly #database: Pick<Database, 'dataVersion'>
  readonly #clock: Pick<Clock, 'monotonic'>
  #seen: Seen | undefined
  /** Until when what was read last is all there is, unless the version is another one. */
  #holdsUntil = Number.NEGATIVE_INFINITY

  constructor(database: Pick<Database, 'dataVersion'>, clock: Pick<Clock, 'monotonic'>) {
    this.#database = database
    this.#clock = clock
  }

  /** Reads unless that is in vain; the read says false where time alone may bring something. Throws what it throws. */
  async read(look: () => Promise<boolean>): Promise<void> {
    const version = await this.#database.dataVersion()
    const now = this.#clock.monotonic()
    const isSame = version !== undefined && version.tag === this.#seen?.tag
    if (isSame && now < this.#holdsUntil) return
    if (!isSame) this.#seen = this.#see(version, now)
    this.#holdsUntil = Number.NEGATIVE_INFINITY
    const isAll = await look()
    if (isAll && version !== undefined && now - (this.#seen?.since ?? now) >= settling) this.#holdsUntil = now + longest
  }

  /** At the first sight the times of the file have to be believed. */
  #see(version: DataVersion | undefined, now: number): Seen {
    const age = this.#seen === undefined ? Math.max(0, version?.age ?? 0) : 0
    return { tag: version?.tag, since: now - age }
  }
}
