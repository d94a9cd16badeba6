/** Who calls, as the upstream is told. */

import { fieldLine } from '../../core/field.ts'
import type { Principal } from '../../core/principal.ts'
import { fieldWord, fieldWords } from './field-text.ts'

/** One principal makes many requests, and never changes. */
const written = new WeakMap<Principal, string>()

/**
 * `X-User-Id`, `X-User-Issuer`, `X-User-Scopes` and `X-User-Roles`. A caller without a credential has none of them; an empty
 * list is not sent.
 */
export function identityLines(principal: Principal): string {
  const known = written.get(principal)
  if (known !== undefined) return known
  const lines = linesOf(principal)
  written.set(principal, lines)
  return lines
}

function linesOf({ id, issuer, scopes, roles }: Principal): string {
  if (id === '') return ''
  const lines = fieldLine('X-User-Id', fieldWord(id)) + fieldLine('X-User-Issuer', fieldWord(issuer))
  return lines + listLine('X-User-Scopes', scopes) + listLine('X-User-Roles', roles)
}

const listLine = (name: string, words: readonly string[]): string =>
  words.length === 0 ? '' : fieldLine(name, fieldWords(words))
