/** What the actions of `audit` read from their call. */

import { type Call, type Flag, text, UsageFault } from '../command.ts'

/** The directory of the logs, or of one. */
export const directoryOf = ({ operands: [, directory = 'data/audit'] }: Call): string => directory

export const list = (flag: Flag): readonly string[] => (Array.isArray(flag) ? flag : [])

/** `text` unless told. */
export function formatOf({ flags }: Call): 'text' | 'json' {
  const format = text(flags.format) ?? 'text'
  if (format === 'text' || format === 'json') return format
  throw new UsageFault(`expected \`--format text\` or \`--format json\`, got \`${format}\``)
}
