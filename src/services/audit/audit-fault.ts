/** Faults of the rules of `settings.audit`. */

import type { Fault } from '../../core/diagnostic.ts'
import { checkOutgoing } from '../tls/check-outgoing.ts'
import type { OutgoingTls } from '../tls/outgoing.ts'
import type { auditSettingsRules } from './settings-rules.ts'

/** Its path begins at the settings. */
export const auditFault = (rule: keyof typeof auditSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['audit', ...path],
  message,
})

const rules = { unused: 'audit/unused-certificate', certificate: 'audit/invalid-certificate' }

/** `path` leads to the block; `plain` is the scheme of a url without TLS. */
export const checkAuditTls = (tls: OutgoingTls, path: Fault['path'], plain?: string): readonly Fault[] =>
  checkOutgoing(tls, { path: ['audit', ...path], plain, rules })
