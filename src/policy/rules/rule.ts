/** The one shape of a rule over several blocks. */

import type { Rules } from '../../core/diagnostic.ts'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'

/** Where the policies are opened. */
export interface Opening {
  /** The server answers this machine alone, and not in production. */
  readonly development: boolean
}

export interface PolicyRule {
  /** What this file can raise, by id. */
  readonly rules: Rules
  check(policy: Policy): readonly Finding[]
  /** What only matters where a server runs; warnings alone. */
  atOpening?(policy: Policy, opening: Opening): readonly Finding[]
}

/** Gives a rule its type. */
export const defineRule = (rule: PolicyRule): PolicyRule => rule
