/** A price for what nobody counts. */

import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const idleCost = defineRule({
  rules: {
    'rateLimit/idle-cost': {
      severity: 'warning',
      cause: '`cost` is taken from the limits of the route, and it has none.',
      hint: 'add a `rateLimit`, or take `cost` out',
    },
  },
  check: ({ routes }) =>
    routes
      .filter(({ cost, blocks, broken }) => cost > 1 && !blocks.has('rateLimit') && !broken.has('rateLimit'))
      .map(({ at, cost }) => ({
        rule: 'rateLimit/idle-cost',
        at: below(at, 'cost'),
        message: `\`cost: ${cost}\` on a route without limits`,
      })),
})
