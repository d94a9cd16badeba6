/** Values as header fields can carry them, unmistakably: no two values are written alike. */

import type { Value } from '../../core/expression.ts'

/** All but printable ASCII; spaces at the ends, which parsers cut off; and `%`, by which the rest is escaped. */
const unsafe = /[^\x20-\x24\x26-\x7e]+|^ +| +$/gu
const safe = /^(?! )[\x20-\x24\x26-\x7e]*(?<! )$/

/** A text in printable ASCII; all else, and `%`, is percent-encoded as UTF-8 (RFC 3986 §2.1). */
export function fieldText(text: string): string {
  return safe.test(text) ? text : text.toWellFormed().replace(unsafe, encodeURIComponent)
}

/** One word: as `fieldText`, spaces too. */
export const fieldWord = (text: string): string => fieldText(text).replaceAll(' ', '%20')

/** A list of words, separated by spaces as OAuth writes scopes (RFC 6749 §3.3). */
export const fieldWords = (texts: readonly string[]): string => texts.map(fieldWord).join(' ')

/** What an expression yields; nothing where it has no value. */
export function fieldValue(value: Value): string | undefined {
  if (value === undefined) return undefined
  return typeof value === 'object' ? value.map((item) => fieldWord(String(item))).join(' ') : fieldText(String(value))
}
