/** Values of requests as records hold them: short, few, and well-formed Unicode. */

import type { AuditValue } from '../../core/audit.ts'

const maxCharacters = 256
const maxItems = 16

/** A text of at most 256 characters, with `…` for what was cut; halves of surrogate pairs are replaced. */
export const brief = (text: string): string =>
  (text.length > maxCharacters ? `${text.slice(0, maxCharacters - 1)}…` : text).toWellFormed()

/** The first 16 of a list. */
export const few = <T>(list: readonly T[]): readonly T[] => (list.length > maxItems ? list.slice(0, maxItems) : list)

/** What a record holds of a value: scalars and lists of scalars; nothing of anything else. */
export function recordable(value: unknown, write = brief): AuditValue | undefined {
  if (Array.isArray(value)) return few(value).flatMap((item) => scalar(item, write) ?? [])
  return scalar(value, write)
}

function scalar(value: unknown, write: (text: string) => string): string | number | boolean | undefined {
  if (typeof value === 'string') return write(value)
  if (typeof value === 'number' || typeof value === 'boolean') return write === brief ? value : write(String(value))
  return undefined
}
