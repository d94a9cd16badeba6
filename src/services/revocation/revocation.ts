/** Credentials taken back before they expire; asked on every request, also for cached tokens. */

import type { Entry } from './entry.ts'

/** What identifies a token for revocation. */
export interface RevocableToken {
  readonly issuer: string
  /** The principal's id. */
  readonly user: string
  /** The `jti` claim, where there is one. */
  readonly id: string | undefined
  /** The `sid` claim, where there is one. */
  readonly session?: string | undefined
  /** The `grants_version` claim, where there is one. */
  readonly version?: number | undefined
  /** The `iat` claim, in seconds, where there is one. */
  readonly issuedAt: number | undefined
}

/** How far a revocation has come; it holds in this process either way. */
export type Reach = 'stored' | 'pending'

export interface Revocation {
  isRevoked(token: RevocableToken): boolean
  /** Whether all that it says holds in this process already. */
  holds(entry: Entry): boolean
  /**
   * Takes credentials back: at once here; `stored` once every other node will learn of it, `pending` where that waits for
   * Redis. Rejects with `RevocationsFull` where nothing more can be kept.
   */
  revoke(entry: Entry): Promise<Reach>
  close(): void
}

/** As many revocations are held as there may be. */
export class RevocationsFull extends Error {
  override readonly name = 'RevocationsFull'
}
