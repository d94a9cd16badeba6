/** Attributes that the caller writes and a rule compares with the user. */

import type { Root } from '../../core/expression.ts'
import { pathsIn } from '../../core/paths-in.ts'
import { readingsOf } from '../../services/roles/readings.ts'
import { concerns } from '../../services/roles/rule.ts'
import { defineAuthorizeRule } from './authorize-rule.ts'

const callers: ReadonlySet<Root> = new Set<Root>(['query', 'headers', 'body'])

export const callerSupplied = defineAuthorizeRule({
  rules: {
    'authorize/caller-supplied': {
      severity: 'error',
      cause: 'The caller writes query, headers and body: what is compared with the user must not come from there.',
      hint: 'load the resource, take the value from `params`, or say `because: "<reason>"` on the route',
      excusable: true,
    },
  },
  find(block, rules) {
    if (typeof block.resource === 'string') return []
    const read = rules.filter((rule) => concerns(rule, block)).flatMap(readingsOf)
    const compared = new Set(
      read.filter(({ comparedWith }) => comparedWith.has('user')).map(({ attribute }) => attribute),
    )
    return Object.entries(block.resource ?? {}).flatMap(([name, value]) => {
      const written = pathsIn(value).find(({ root }) => callers.has(root))
      if (written === undefined || !compared.has(name)) return []
      const message = `\`${name}\` comes from \`${written.root}\` and is compared with the user`
      return [{ rule: 'authorize/caller-supplied', path: ['resource', name], message }]
    })
  },
})
