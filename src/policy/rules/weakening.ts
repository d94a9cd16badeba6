/** A route that is weaker than what it inherits, and does not say why. */

import type { Finding } from '../findings.ts'
import type { Route } from '../policy.ts'
import { defineRule } from './rule.ts'

export const weakening = defineRule({
  rules: {
    'policy/weakened': {
      severity: 'warning',
      cause: 'A route replaces or drops an inherited block.',
      hint: 'keep the inherited items with `inherit`, or say `because: "<reason>"` on the route',
    },
    'policy/report-only': {
      severity: 'warning',
      cause: 'A guard decides, but does not refuse.',
      hint: 'take it out of `reportOnly`, or say `because: "<reason>"` on the route',
    },
  },
  check: ({ routes }) =>
    routes
      .filter(({ because }) => because === undefined)
      .flatMap((route) => [...replaced(route), ...reportOnly(route)]),
})

/** Not every replacement is weaker; a time-out guards the server, not the data. */
const replaced = ({ weakenings }: Route): readonly Finding[] =>
  weakenings
    .filter(({ guard }) => guard !== 'timeout')
    .map(({ guard, at, inherited, off }) => ({
      rule: 'policy/weakened',
      at,
      onKey: true,
      message: off ? `takes the inherited \`${guard}\` away` : `replaces the inherited \`${guard}\``,
      related: [{ at: inherited, message: 'what it inherits', onKey: true }],
    }))

const reportOnly = ({ reportOnly, at }: Route): readonly Finding[] =>
  reportOnly.map((guard, index) => ({
    rule: 'policy/report-only',
    at: { source: at.source, path: [...at.path, 'reportOnly', index] },
    message: `\`${guard}\` does not refuse here`,
  }))
