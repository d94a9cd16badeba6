/** Roles grant some fields of what a route asks for as a whole. */

import { cutsAnswer } from '../../guards/authorize/answer/answer-block.ts'
import { concerns, isAbout, isInverted, listOf } from '../../services/roles/rule.ts'
import { defineAuthorizeRule } from './authorize-rule.ts'

export const fieldUnset = defineAuthorizeRule({
  rules: {
    'authorize/field-unset': {
      severity: 'warning',
      cause: 'A rule for some fields only does not allow the whole resource, and the route is about the whole.',
      hint: 'name the `field` that the route touches, cut its `answer`, or take `fields` off the rule',
    },
  },
  find(block, rules) {
    const { action, subject, field, answer } = block
    const partial = rules.filter((rule) => !isInverted(rule) && isAbout(rule, block) && !concerns(rule, block))
    if (field !== undefined || cutsAnswer(answer) || partial.length === 0) return []
    const names = [...new Set(partial.flatMap((rule) => listOf(rule.fields)))].map((name) => `\`${name}\``).join(', ')
    const message = `a role can \`${action}\` only ${names} of \`${subject}\`, and this route names no \`field\``
    return [{ rule: 'authorize/field-unset', path: [], message }]
  },
})
