/** The small change of messages: lists, counts, and how a value of a schema is shown. */

import type { JsonSchema } from './schema.ts'

const LONGEST_LIST = 12

/** "`a` or `b`", "one of `a`, `b` or `c`"; cut where it would be longer than a person reads. */
export function alternatives(items: readonly string[]): string {
  const distinct = [...new Set(items)]
  const hidden = distinct.length - LONGEST_LIST
  if (hidden > 0) return `one of ${distinct.slice(0, LONGEST_LIST).join(', ')} and ${hidden} more`
  return `${distinct.length > 2 ? 'one of ' : ''}${enumerated(distinct, 'or')}`
}

/** "`a`, `b` and `c`". */
export function enumerated(items: readonly string[], conjunction: 'and' | 'or'): string {
  const last = items.at(-1) ?? 'nothing'
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${conjunction} ${last}`
}

/** "1 item", "2 items". */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`

/** What the author of a schema calls its values: "a duration, such as `30s`". */
export function nameOf({ title, examples: [example] = [] }: JsonSchema): string | undefined {
  if (title === undefined || example === undefined) return title
  return `${title}, such as ${shown(example)}`
}

/** A value that a schema names, in backticks. */
export const shown = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
