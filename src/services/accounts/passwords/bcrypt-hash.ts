/** A stored bcrypt hash, read before any work is done for it. */

/** What hashes may cost, as powers of two: one from elsewhere with more would keep a thread busy for minutes or days. */
const hashCosts = { least: 4, most: 15 } as const

export interface BcryptHash {
  readonly text: string
  readonly cost: number
}

/** Why a hash cannot be verified: not bcrypt as everybody writes it, or of a cost out of bounds. */
export type HashFault = 'unreadable' | 'too_costly'

/**
 * `$2a$`, `$2b$` and `$2y$` are the same for what a password may hold; `$2x$` marks hashes of a faulty library. The last
 * character of salt and digest has bits that mean nothing: where one is set, no library would ever find its own text again.
 */
const shape = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/

export function readBcryptHash(text: string): BcryptHash | HashFault {
  const cost = Number(shape.exec(text)?.[1] ?? 0)
  if (cost < hashCosts.least) return 'unreadable'
  return cost > hashCosts.most ? 'too_costly' : { text, cost }
}
