/** `portcullis check` as a function: for tests and editors of one's own. */

import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnose as examine } from '../policy/inspect.ts'
import { type PortcullisOptions, readValues } from './options.ts'

/**
 * Every finding of a policy directory, errors and warnings, sorted by file, line and column; nothing is opened. Throws
 * `DirectoryFault` where there is nothing to read.
 */
export const diagnose = (directory: string, options: Pick<PortcullisOptions, 'values'> = {}): readonly Diagnostic[] =>
  examine(directory, readValues(options))
