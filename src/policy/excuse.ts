/** What a reason that stands beside it makes good. */

import type { Rules } from '../core/diagnostic.ts'
import type { Finding } from './findings.ts'

/** The findings that remain once `because` is given: those that no reason excuses. */
export const excuse = (findings: readonly Finding[], because: string | undefined, rules: Rules): readonly Finding[] =>
  because === undefined ? findings : findings.filter(({ rule }) => !rules[rule]?.excusable)
