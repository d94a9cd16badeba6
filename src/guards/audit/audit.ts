/** `audit`: what of a request is put on record, and whether anything may happen without it. */

import type { AuditPlan } from '../../core/audit.ts'
import { type Denial, deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { ExpressionFault, hasExpression, parseExpression, type Scalar, type Value } from '../../core/expression.ts'
import type { Site } from '../../core/site.ts'
import { intentOf, isSafe } from '../../services/audit/entry.ts'
import type { Services } from '../../services/services.ts'
import { defineGuard, type Step } from '../guard.ts'
import { type AuditBlock, auditSchema } from './audit-block.ts'
import { auditRules, checkAudit } from './check-audit.ts'

const implicit: AuditBlock = {}

export const audit = defineGuard<AuditBlock>({
  name: 'audit',
  summary: 'Says what of a request is put on record, and under which name.',
  example: "audit: { resource: 'order/${params.id}', pseudonyms: [user.id], required: true }",
  schema: auditSchema,
  implicit,
  hasOff: true,
  isOpen: (block) => block === 'off',
  expressions: ['resource', 'details'],
  refuses: ['audit_unavailable'],
  rules: auditRules,
  check: checkAudit,
  describe: (block) => ({ refusals: block !== 'off' && block.required ? ['audit_unavailable'] : [] }),
  compile(block, site, services) {
    const plan = planOf(block, site)
    return { audit: plan, steps: needsStep(plan, site) ? [stepOf(plan, services)] : [] }
  },
})

function planOf(block: AuditBlock, { file, line }: Site): AuditPlan {
  const source = Object.freeze({ file, line })
  const { action, resource, details = {}, pseudonyms = [], required = false } = block === 'off' ? {} : block
  return Object.freeze({
    kept: block !== 'off',
    action,
    required,
    resource: resource === undefined ? undefined : compileValue(resource),
    details: Object.entries(details).map(([name, value]) => Object.freeze({ name, read: compileValue(value) })),
    pseudonyms: new Set(pseudonyms),
    source,
  })
}

function compileValue(written: Scalar): (exchange: Exchange) => Value {
  if (!hasExpression(written)) return () => written
  const expression = parseExpression(written)
  if (expression instanceof ExpressionFault) throw new TypeError(`\`${written}\`: ${expression.message}`)
  return expression.read
}

/** The record of what only reads is written once its answer is known. */
const needsStep = ({ required }: AuditPlan, { route }: Site): boolean => required && !isSafe(route.method)

const unavailable = deny('audit_unavailable', { headers: ['Retry-After', '1'], cause: 'the intent is not on record' })

/** The intent is on record before the destination can change anything. */
function stepOf({ source }: AuditPlan, { audit: trail }: Services): Step {
  const record = async (exchange: Exchange): Promise<Denial | undefined> =>
    (await trail.commit(intentOf(exchange, trail.pseudonym))) ? undefined : unavailable
  return {
    guard: 'audit',
    gate: 'audit',
    source,
    decide: function auditGuard(exchange) {
      return isSafe(exchange.method) ? undefined : record(exchange)
    },
  }
}
