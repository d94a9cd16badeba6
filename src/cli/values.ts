/** `--values FILE`: the text of a values file. */

import { readSource, Unreadable } from '../policy/read-source.ts'
import type { SourceText } from '../policy/source.ts'
import { type Flag, UsageFault } from './command.ts'

/** Reads it, or ends the command with status 2. */
export function readValues(flag: Flag): SourceText | undefined {
  if (typeof flag !== 'string') return undefined
  const source = readSource(flag)
  if (source instanceof Unreadable) throw new UsageFault(`cannot read the values file \`${flag}\`: ${source.message}`)
  return source
}
