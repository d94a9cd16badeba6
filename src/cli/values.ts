/** `--values FILE`: the text of a values file. */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SourceText } from '../policy/source.ts'
import { type Flag, UsageFault } from './command.ts'

/** Reads it, or ends the command with status 2. */
export function readValues(flag: Flag): SourceText | undefined {
  if (typeof flag !== 'string') return undefined
  try {
    return { file: flag, folder: dirname(resolve(flag)), text: readFileSync(flag, 'utf8') }
  } catch {
    throw new UsageFault(`cannot read the values file \`${flag}\``)
  }
}
