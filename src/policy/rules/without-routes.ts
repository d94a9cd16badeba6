/** What a file says for its routes, in a file that has none. */

import type { Finding } from '../findings.ts'
import type { PolicyFile } from '../policy.ts'
import { below } from '../source.ts'
import { defineRule } from './rule.ts'

export const withoutRoutes = defineRule({
  rules: {
    'policy/without-routes': {
      severity: 'error',
      cause: 'The head of a file holds for its own routes alone: in a file without routes nothing enforces it.',
      hint: 'move it to the files whose routes it is meant for; `profiles` and `use` share blocks over files',
    },
  },
  check: ({ files }) => files.flatMap(idleHead),
})

const heads = ['service', 'host', 'prefix', 'upstream', 'defaults']

function idleHead({ at, sections }: PolicyFile): readonly Finding[] {
  if (hasRoutes(sections.routes)) return []
  return heads
    .filter((name) => sections[name] !== undefined)
    .map((name) => ({
      rule: 'policy/without-routes',
      at: below(at, name),
      onKey: true,
      message: `\`${name}\` stands in a file without \`routes\``,
    }))
}

/** Of another type than a map, they are a fault of their own. */
const hasRoutes = (routes: unknown): boolean =>
  routes !== undefined && (typeof routes !== 'object' || routes === null || Object.keys(routes).length > 0)
