/** Signed heads on their way off this machine, where whoever rewrites the log cannot reach them. */

/** A `passing` head gives way to any later one of its log; a `lasting` one (of a rotation, a removal) is kept until it is out. */
export type HeadKind = 'passing' | 'lasting'

export interface HeadPublisher {
  /** Takes a signed note; never waits and never throws. */
  publish(note: string, kind: HeadKind): void
  /** Tries once more to publish what is left, within a bounded time. Never rejects. */
  close(): Promise<void>
}

/** Publishes one note, or throws an error whose message ends the sentence "an audit head could not be published: …". */
export type Send = (note: string, signal: AbortSignal) => Promise<void>
