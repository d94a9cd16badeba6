/** Whose tokens are accepted: one verifier an issuer. */

import type { Denial } from '../../core/denial.ts'
import type { Principal } from '../../core/principal.ts'

/** A token that was found good. */
export interface Verified {
  readonly principal: Principal
  /** The `aud` claim as a list. */
  readonly audience: readonly string[]
}

export interface TokenVerifier {
  /** The name in `issuers`. */
  readonly name: string
  /** The `iss` claim that its tokens carry: routes a token to its verifier before anything is verified. */
  readonly issuer: string
  /** Judges a compact JWS; answers at once where key and cache allow it. */
  verify(token: string): Verified | Denial | Promise<Verified | Denial>
  close(): void
}
