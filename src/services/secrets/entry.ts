/** What is known of one secret: its value, those that counted before, and when it was asked for. */

import type { Fetched, Other } from './secrets.ts'

/** Values before the one in use, at most: a secret that changes all the time fills no memory. */
const mostBefore = 4

export class Entry {
  /** What was fetched last; the very same as long as nothing is different. */
  fetched: Fetched | undefined
  /** On the monotonic clock; in milliseconds. */
  fetchedAt = Number.NEGATIVE_INFINITY
  verifies = false
  running: Promise<Fetched> | undefined
  /** When another value was seen, in milliseconds since the Unix epoch. */
  #changedAt = Number.NEGATIVE_INFINITY
  #before: readonly Other[] = []

  /** Takes note of what was fetched; the value that was in use counts on for `overlap` milliseconds. */
  take(fetched: Fetched, now: number, overlap: number): Fetched {
    const last = this.fetched
    if (last !== undefined && isSame(last, fetched)) return last
    if (last !== undefined && !last.current.isSame(fetched.current)) {
      this.#changedAt = now
      this.#before = [{ secret: last.current, until: now + overlap }, ...this.#before].slice(0, mostBefore)
    }
    this.fetched = fetched
    return fetched
  }

  /** The values that count beside the one in use; a secret that was taken back long ago is no longer one. */
  others(now: number, overlap: number): readonly Other[] {
    const { current, created = Number.NEGATIVE_INFINITY, previous, pending } = this.fetched ?? {}
    const rotatedAt = Math.max(created, this.#changedAt)
    const all: readonly Other[] = [
      ...(pending ? [{ secret: pending, until: undefined }] : []),
      ...(previous ? [{ secret: previous, until: rotatedAt + overlap }] : []),
      ...this.#before,
    ]
    const distinct = all.filter(({ secret }, at) => all.findIndex((other) => other.secret.isSame(secret)) === at)
    return distinct.filter(({ secret, until = Number.POSITIVE_INFINITY }) => until > now && !secret.isSame(current))
  }
}

function isSame(a: Fetched, b: Fetched): boolean {
  if (!a.current.isSame(b.current)) return false
  return (['previous', 'pending'] as const).every((stage) => a[stage]?.isSame(b[stage]) ?? b[stage] === undefined)
}
