/** Reads strings as the declared type, by the grammar of JSON and nothing looser. */

import type { JsonType } from './schema.ts'

/** RFC 8259 §6. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

/** The string as the first type that it spells; itself where it is declared to be a string or spells none. */
export function readString(text: string, types: readonly JsonType[]): unknown {
  if (types.includes('string')) return text
  if (types.includes('null') && text === 'null') return null
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const number = types.includes('number') || types.includes('integer') ? readNumber(text) : undefined
  if (number !== undefined && (types.includes('number') || Number.isInteger(number))) return number
  return types.includes('array') ? [text] : text
}

/** A number that means what it spells: neither infinite nor an integer that would be rounded. */
function readNumber(text: string): number | undefined {
  if (!jsonNumber.test(text)) return undefined
  const number = Number(text)
  const isExact = Number.isSafeInteger(number) || (Number.isFinite(number) && !Number.isInteger(number))
  return isExact ? number : undefined
}
