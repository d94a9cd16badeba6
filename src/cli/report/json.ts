/** The findings as `[{file,line,column,endLine,endColumn,severity,rule,message,hint}]`. */

import { plainDiagnostic } from '../../policy/plain-diagnostic.ts'
import type { Findings } from './report.ts'

export const reportJson = ({ diagnostics }: Findings): string =>
  `${JSON.stringify(diagnostics.map(plainDiagnostic), null, 2)}\n`
