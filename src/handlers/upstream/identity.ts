/** Who calls, as the upstream is told. */

import type { Principal } from '../../core/principal.ts'
import { fieldWord, fieldWords } from './field-text.ts'

/**
 * Writes `X-User-Id`, `X-User-Issuer`, `X-User-Scopes` and `X-User-Roles` at the end of a flat list of fields. A caller
 * without a credential has none of them; an empty list is not sent.
 */
export function writeIdentity(principal: Principal, flat: string[]): void {
  if (principal.id === '') return
  flat.push('X-User-Id', fieldWord(principal.id), 'X-User-Issuer', fieldWord(principal.issuer))
  if (principal.scopes.length > 0) flat.push('X-User-Scopes', fieldWords(principal.scopes))
  if (principal.roles.length > 0) flat.push('X-User-Roles', fieldWords(principal.roles))
}
