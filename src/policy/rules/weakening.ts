/** A route that is weaker than what it inherits, and does not say why. */

import { guards } from '../../guards/index.ts'
import type { Finding } from '../findings.ts'
import type { Route } from '../policy.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const weakening = defineRule({
  rules: {
    'policy/weakened': {
      severity: 'warning',
      cause: 'A route replaces or drops an inherited block.',
      hint: 'take the block out, or say `because: "<reason>"` beside it',
    },
    'policy/report-only': {
      severity: 'warning',
      cause: 'A guard decides, but does not refuse.',
      hint: 'take it out of `reportOnly`, or say `because: "<reason>"` on the route',
    },
    'policy/idle-report-only': {
      severity: 'warning',
      cause: '`reportOnly` names a guard that the route does not have.',
      hint: 'take it out of `reportOnly`, or write the block',
    },
  },
  check: ({ routes }) => routes.flatMap((route) => [...replaced(route), ...reportOnly(route)]),
})

const replaced = ({ weakenings, because }: Route): readonly Finding[] =>
  weakenings
    .filter((weaker) => weaker.because === undefined && because === undefined)
    .map(({ guard, at, inherited, off }) => ({
      rule: 'policy/weakened',
      at,
      onKey: true,
      hint: hintFor(guard, off),
      message: off ? `takes the inherited \`${guard}\` away` : `replaces the inherited \`${guard}\``,
      related: [{ at: inherited, message: 'what it inherits', onKey: true }],
    }))

function hintFor(guard: string, off: boolean): string {
  const reason = 'say `because: "<reason>"` beside it'
  if (off) return `take the line out, or ${reason}`
  return inheriting.has(guard)
    ? `keep the inherited items with \`inherit\`, or ${reason}`
    : `take the block out, or ${reason}`
}

const inheriting = new Set(guards.filter(({ inherits }) => inherits).map(({ name }) => name))

const reportOnly = (route: Route): readonly Finding[] =>
  route.reportOnly.flatMap((guard, index): readonly Finding[] => {
    const at = below(route.at, 'reportOnly', index)
    if (!route.blocks.has(guard) && !route.broken.has(guard))
      return [{ rule: 'policy/idle-report-only', at, message: `\`${guard}\` has no block here` }]
    if (route.because !== undefined) return []
    return [{ rule: 'policy/report-only', at, message: `\`${guard}\` does not refuse here` }]
  })
