/** The formats of `check`, each loaded only when it is asked for. */

import type { Report } from './report.ts'
import { reportText } from './text.ts'

export const formats: Readonly<Record<string, () => Promise<Report>>> = {
  text:
    async () =>
    ({ diagnostics }, paint) =>
      reportText(diagnostics, paint),
  json: async () => (await import('./json.ts')).reportJson,
  sarif: async () => (await import('./sarif.ts')).reportSarif,
  github: async () => (await import('./github.ts')).reportGithub,
  junit: async () => (await import('./junit.ts')).reportJunit,
}
