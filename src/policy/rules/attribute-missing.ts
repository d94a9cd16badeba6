/** Attributes that roles read and a route does not supply. */

import { cutsAnswer } from '../../guards/authorize/answer/answer-block.ts'
import { readingsOf } from '../../services/roles/readings.ts'
import { concerns, isAbout } from '../../services/roles/rule.ts'
import { defineAuthorizeRule } from './authorize-rule.ts'

/** What a loader brings shows only at run time, and so do the documents of an answer that is cut. */
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
    const { subject, resource, answer } = block
    if (typeof resource === 'string' || (resource === undefined && cutsAnswer(answer))) return []
    const asked = cutsAnswer(answer) ? isAbout : concerns
    const read = rules.filter((rule) => asked(rule, block)).flatMap(readingsOf)
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
