/** A question that no role answers with yes, whoever asks. */

import type { Fault } from '../../core/diagnostic.ts'
import { suggest } from '../../core/suggest.ts'
import { actionsOf, isAbout, isInverted, subjectsOf } from '../../services/roles/rule.ts'
import { defineAuthorizeRule } from './authorize-rule.ts'

export const neverGranted = defineAuthorizeRule({
  rules: {
    'authorize/never-granted': {
      severity: 'warning',
      cause: 'No role allows what the route asks for, so nobody can call it.',
      hint: 'add a rule to `roles`, or mend the name',
    },
  },
  find(block, rules) {
    const { action, subject } = block
    const grants = rules.filter((rule) => !isInverted(rule))
    if (grants.some((rule) => isAbout(rule, block))) return []
    const fault: Fault = {
      rule: 'authorize/never-granted',
      path: ['action'],
      message: `no role can \`${action}\` on \`${subject}\``,
    }
    const near = misspelt(subject, grants.flatMap(subjectsOf)) ?? misspelt(action, grants.flatMap(actionsOf))
    return [near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }]
  },
})

const misspelt = (word: string, known: readonly string[]): string | undefined =>
  known.includes(word) ? undefined : suggest(word, known)
