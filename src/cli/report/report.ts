/** The one shape of a format: findings in, text out. */

import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Paint } from '../paint.ts'

export interface Findings {
  /** Sorted. */
  readonly diagnostics: readonly Diagnostic[]
  /** Every policy file that was read, those without findings as well. */
  readonly files: readonly string[]
  /** Warnings fail the run, as errors do. */
  readonly warningsFail: boolean
}

export type Report = (findings: Findings, paint: Paint) => string
