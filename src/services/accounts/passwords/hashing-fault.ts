/** Why no hash was made and none compared, though the password could be. */

export type HashingCode =
  /** As many wait as may. */
  | 'overloaded'
  /** Who asked has gone. */
  | 'cancelled'
  /** The thread died, or all of it is closed. */
  | 'unavailable'

interface Details {
  /** Seconds. */
  readonly retryAfter?: number
  readonly cause?: unknown
}

const sentences: Readonly<Record<HashingCode, string>> = {
  overloaded: 'too many passwords wait to be hashed',
  cancelled: 'the caller no longer waits for the password to be hashed',
  unavailable: 'the password could not be hashed',
}

/** Holds no password, and no hash. */
export class HashingFault extends Error {
  override readonly name = 'HashingFault'
  readonly code: HashingCode
  readonly retryAfter: number | undefined

  constructor(code: HashingCode, { retryAfter, cause }: Details = {}) {
    super(sentences[code], cause === undefined ? {} : { cause })
    this.code = code
    this.retryAfter = retryAfter
  }
}
