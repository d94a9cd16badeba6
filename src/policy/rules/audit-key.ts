/** The key that signs the log, where it lies beside what it signs. */

import { defineRule } from './rule.ts'
import { auditSection } from './written-audit.ts'

export const auditKey = defineRule({
  rules: {
    'audit/key-beside-log': {
      severity: 'warning',
      cause:
        'Who may rewrite the log finds its key beside it, and signs what is rewritten: only heads that are elsewhere prove anything then.',
      hint: "write `key: '${secret:audit-key}'`, and make the key with `openssl genpkey -algorithm ed25519`",
    },
  },
  check: () => [],
  atOpening(policy, { development }) {
    const { value, at } = auditSection(policy) ?? {}
    if (development || at === undefined || value === undefined || value === 'off' || value.key !== undefined) return []
    return [
      { rule: 'audit/key-beside-log', at, onKey: true, message: 'the log is signed by a key that lies beside it' },
    ]
  },
})
