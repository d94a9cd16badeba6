/** The `rateLimit` guard: how often a client may call. */

import type { Stage } from '../../core/expression.ts'
import { array } from '../../schema/builder.ts'
import { defineGuard, type Gate } from '../guard.ts'
import { checkLimits, limitRules } from './check-limits.ts'
import { compileLimit } from './compile-limit.ts'
import { describeLimits } from './describe-limits.ts'
import { limitSchema, type WrittenLimits } from './limit-schema.ts'
import { limitStep } from './limit-step.ts'
import { writeQuota } from './write-quota.ts'

/** Each limit is taken at the first gate at which its key is known. */
const gates = [
  ['ip', 'rateLimit:ip'],
  ['user', 'rateLimit:user'],
  ['input', 'rateLimit:input'],
] as const satisfies readonly (readonly [Stage, Gate])[]

export const rateLimit = defineGuard<WrittenLimits>({
  name: 'rateLimit',
  summary: 'How often a client may call; what is more than that is refused with 429.',
  example: `rateLimit:
  - { by: ip, limit: 1000, per: 1m }
  - { by: user, limit: { on: '\${user.claims.plan}', is: { pro: 600 }, else: 60 }, per: 1m }
  - { by: [ip, '\${headers.x-device}'], name: device, limit: 20, per: 1h, algorithm: sliding-window }`,
  schema: array(limitSchema, { minItems: 1, description: 'The limits of one gate are taken all or none.' }),
  expressions: ['by', 'limit.on'],
  refuses: ['rate_limited', 'state_unavailable'],
  inherits: true,
  reportable: true,
  rules: limitRules,
  check: checkLimits,
  describe: (block, { route }) => describeLimits(block, route.cost),
  needsStore: (block) => block.some(({ onStoreFailure }) => onStoreFailure === 'deny'),
  compile(block, site, { counters }) {
    const limits = block.map((written, index) => compileLimit(written, site.item(index)))
    const { cost, reportOnly } = site.route
    const steps = gates.flatMap(([stage, gate]) => {
      const [first, ...others] = limits.filter((limit) => limit.stage === stage)
      return first === undefined ? [] : [limitStep(gate, [first, ...others], { counters, cost })]
    })
    // A client is told of the limits that hold, not of those that are being tried out.
    return reportOnly.includes('rateLimit') ? { steps } : { steps, head: writeQuota }
  },
})
