/** A public route asks the roles, and its callers have none. */

import { suggest } from '../../core/suggest.ts'
import { isOnlyPublic } from '../who.ts'
import { anonymous, authorizationsOf } from './authorize-rule.ts'
import { defineRule } from './rule.ts'

export const anonymousRole = defineRule({
  rules: {
    'roles/unknown': {
      severity: 'error',
      cause:
        'Everyone who can call the route has one role, and it is declared nowhere: the route would refuse everyone.',
      hint: 'declare `anonymous` under `roles`, or ask for a credential',
    },
  },
  check(policy) {
    const known = policy.roles.map(({ name }) => name)
    const near = suggest(anonymous, known)
    return authorizationsOf(policy)
      .filter(({ route, roles }) => roles.length === 0 && isOnlyPublic(route))
      .map(({ block: { at } }) => ({
        rule: 'roles/unknown',
        at,
        onKey: true,
        message: `a caller of a public route has the role \`${anonymous}\`, and no role is named so`,
        hint: near && `did you mean \`${anonymous}\` where you wrote \`${near}\`?`,
      }))
  },
})
