/** Attributes that roles read and a route does not supply. */

import { readingsOf } from '../../services/roles/readings.ts'
import { concerns } from '../../services/roles/rule.ts'
import { defineAuthorizeRule } from './authorize-rule.ts'

/** What a loader brings shows only at run time. */
export const attributeMissing = defineAuthorizeRule({
  rules: {
    'authorize/attribute-missing': {
      severity: 'error',
      cause:
        'A rule reads an attribute that the route does not supply: its `can` would never apply, its `cannot` always.',
      hint: 'name the attribute under `resource`, or load the resource',
    },
  },
  find(block, rules) {
    const { subject, resource } = block
    if (typeof resource === 'string') return []
    const read = rules.filter((rule) => concerns(rule, block)).flatMap(readingsOf)
    const names = new Set(read.map(({ attribute }) => attribute))
    return [...names]
      .filter((name) => resource === undefined || !Object.hasOwn(resource, name))
      .map((name) => ({
        rule: 'authorize/attribute-missing',
        path: resource === undefined ? [] : ['resource'],
        message: `roles read \`${name}\` of \`${subject}\`, which this route does not supply`,
      }))
  },
})
