/** Which issuer's accounts log in here. */

import { hasStoredKeys, type IssuerBlock } from '../keys/issuer.ts'

export interface NamedIssuer {
  readonly name: string
  readonly value: IssuerBlock
}

/** A builtin one with `refreshTtl`. */
export const isIdentityIssuer = ({ value }: NamedIssuer): boolean => hasStoredKeys(value)
