/** Events that no list names: a misspelt one would be looked for in vain. */

import { hasReference } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import { auditActions } from '../../services/audit/events.ts'
import type { Finding } from '../findings.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'
import { type AuditPlace, type AuditSection, auditBlocks, auditSection } from './written-audit.ts'

export const auditEventNames = defineRule({
  rules: {
    'audit/unknown-event': {
      severity: 'error',
      cause: 'The list of events is closed: who searches the log must know every name in it.',
      hint: 'declare it in `settings.audit.events`',
    },
  },
  check(policy) {
    const known = knownActions(auditSection(policy))
    return known === undefined ? [] : auditBlocks(policy).flatMap((block) => judge(block, known))
  },
})

/** None where not all of them are known. */
function knownActions(section: AuditSection | undefined): readonly string[] | undefined {
  if (section === undefined || section.value === 'off') return undefined
  const { events = [] } = section.value ?? {}
  return hasReference(events) || events.some(hasReference) ? undefined : [...auditActions, ...events]
}

function judge({ value: { action }, at }: AuditPlace, known: readonly string[]): readonly Finding[] {
  if (action === undefined || hasReference(action) || known.includes(action)) return []
  const near = suggest(action, known)
  return [
    {
      rule: 'audit/unknown-event',
      at: below(at, 'action'),
      message: `no event is named \`${action}\``,
      hint: near && `did you mean \`${near}\`?`,
    },
  ]
}
