/** Credentials taken back before they expire; asked on every request, also for cached tokens. */

/** What identifies a token for revocation. */
export interface RevocableToken {
  readonly issuer: string
  readonly subject: string
  /** The `jti` claim, where there is one. */
  readonly id: string | undefined
  /** The `iat` claim, in seconds, where there is one. */
  readonly issuedAt: number | undefined
}

export interface Revocation {
  isRevoked(token: RevocableToken): boolean | Promise<boolean>
}

/** Takes nothing back: for a server without a store of revocations. */
export const noRevocation: Revocation = { isRevoked: () => false }
