/** A fault of one of the rules of `settings.audit`. */

import type { Fault } from '../../core/diagnostic.ts'
import type { auditSettingsRules } from './settings-rules.ts'

/** Its path begins at the settings. */
export const auditFault = (rule: keyof typeof auditSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['audit', ...path],
  message,
})
