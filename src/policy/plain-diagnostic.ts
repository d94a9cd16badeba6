/** A finding as programs read it: of `check --format json`, and of the admin listener. */

import type { Diagnostic } from '../core/diagnostic.ts'

/** Its own members, in the order in which they are written. */
export const plainDiagnostic = ({
  file,
  line,
  column,
  endLine,
  endColumn,
  severity,
  rule,
  message,
  hint,
}: Diagnostic): Omit<Diagnostic, 'related'> => ({
  file,
  line,
  column,
  endLine,
  endColumn,
  severity,
  rule,
  message,
  hint,
})
