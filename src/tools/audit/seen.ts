/** What was seen of a log while it was read, also of one that turned out to be broken. */

import type { RecordPlace } from './report.ts'

export class Seen {
  /** How many records there were before the first that is there. */
  start = 0
  /** How many there are with the last that follows. */
  size = 0
  from: string | undefined
  to: string | undefined
  ownHeads = 0
  /** The last record that follows. */
  last: RecordPlace | undefined
  /** The file whose end a crash has torn. */
  torn: string | undefined

  /** A record that follows. */
  take(place: RecordPlace, time: unknown): void {
    this.last = place
    this.size = place.record
    if (typeof time !== 'string') return
    this.from ??= time
    this.to = time
  }
}
