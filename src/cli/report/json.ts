/** The findings as `[{file,line,column,endLine,endColumn,severity,rule,message,hint}]`. */

import type { Findings } from './report.ts'

export const reportJson = ({ diagnostics }: Findings): string =>
  `${JSON.stringify(
    diagnostics.map(({ file, line, column, endLine, endColumn, severity, rule, message, hint }) => ({
      file,
      line,
      column,
      endLine,
      endColumn,
      severity,
      rule,
      message,
      hint,
    })),
    null,
    2,
  )}\n`
