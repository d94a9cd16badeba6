/** The one shape of a rule over several blocks. */

import type { Rules } from '../../core/diagnostic.ts'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'

export interface PolicyRule {
  /** What this file can raise, by id. */
  readonly rules: Rules
  check(policy: Policy): readonly Finding[]
}

/** Gives a rule its type. */
export const defineRule = (rule: PolicyRule): PolicyRule => rule
