/** Routes whose record is required, and settings that cannot keep that promise. */

import { hasReference } from '../../core/expression.ts'
import type { Finding } from '../findings.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'
import { type AuditPlace, type AuditSection, auditBlocks, auditSection } from './written-audit.ts'

export const auditRequired = defineRule({
  rules: {
    'audit/none-kept': {
      severity: 'error',
      cause: 'A route answers nothing that is not on record, and the settings keep no log.',
      hint: 'take `audit: off` out of the settings, or `required` out of the route',
    },
    'audit/required-without-fsync': {
      severity: 'warning',
      cause: 'With `fsync: os` a record that counts as kept is lost in a power cut.',
      hint: 'use `fsync: batch`, or say `because: "<reason>"` on the route',
      excusable: true,
    },
  },
  check(policy) {
    const section = auditSection(policy)
    if (section === undefined) return []
    return auditBlocks(policy)
      .filter(({ value: { required } }) => required === true)
      .flatMap((block) => judge(block, section))
  },
})

function judge({ at, because }: AuditPlace, { value, at: settings }: AuditSection): readonly Finding[] {
  if (value === undefined || settings === undefined) return []
  const place = { at: below(at, 'required'), onKey: true }
  const related = (where: typeof settings) => [{ at: where, message: 'the settings', onKey: true }]
  if (value === 'off')
    return [
      {
        ...place,
        rule: 'audit/none-kept',
        message: 'the record is required, and no log is kept',
        related: related(settings),
      },
    ]
  if (value.fsync !== 'os' || hasReference(value.fsync) || because !== undefined) return []
  const message = 'the record is required, and `fsync: os` may lose it'
  return [{ ...place, rule: 'audit/required-without-fsync', message, related: related(below(settings, 'fsync')) }]
}
