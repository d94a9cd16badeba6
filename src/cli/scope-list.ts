/** `--scopes A,B`: what stands between commas, each of them once and a scope. */

import { type Flag, UsageFault } from './command.ts'
import { printable } from './printable.ts'
import { list } from './token.ts'

/** One scope token (RFC 6749 §3.3). */
const scope = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/

/** Throws `UsageFault`. */
export function readScopes(flag: Flag): readonly string[] {
  const scopes = [...new Set(list(flag))]
  const odd = scopes.find((wanted) => !scope.test(wanted))
  if (odd !== undefined) throw new UsageFault(`\`${printable(odd)}\` is no scope`)
  return scopes
}
