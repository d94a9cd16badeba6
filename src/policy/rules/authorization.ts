/** What `authorize` and `roles` can only get wrong together. */

import { suggest } from '../../core/suggest.ts'
import type { AuthorizeBlock } from '../../guards/authorize/authorize.ts'
import {
  authorizePolicyRules,
  findCallerSupplied,
  findFieldUnset,
  findMissingAttributes,
  findNeverGranted,
} from '../../guards/authorize/policy-faults.ts'
import type { RoleRule } from '../../services/roles/rule.ts'
import type { Finding } from '../findings.ts'
import { place } from '../place.ts'
import type { Block, Named, Policy, Route } from '../policy.ts'
import { isOnlyPublic } from '../who.ts'
import { defineRule } from './rule.ts'

/** The one role of a caller without a credential. */
const anonymous = 'anonymous'

export const authorization = defineRule({
  rules: {
    ...authorizePolicyRules,
    'roles/unknown': {
      severity: 'error',
      cause:
        'Everyone who can call the route has one role, and it is declared nowhere: the route would refuse everyone.',
      hint: 'declare `anonymous` under `roles`, or ask for a credential',
    },
  },
  check: (policy) => (policy.broken.roles.size > 0 ? [] : policy.routes.flatMap((route) => checkRoute(route, policy))),
})

function checkRoute(route: Route, { roles }: Policy): readonly Finding[] {
  const block = route.blocks.get('authorize')
  if (block === undefined) return []
  const callers = isOnlyPublic(route) ? roles.filter(({ name }) => name === anonymous) : roles
  if (callers.length === 0 && isOnlyPublic(route)) return [unknownRole(block, roles)]
  return checkBlock(
    block,
    callers.flatMap(({ value }) => value),
    route,
  )
}

function checkBlock(block: Block, rules: readonly RoleRule[], { because }: Route): readonly Finding[] {
  const value = block.value as AuthorizeBlock
  const faults = [
    ...findMissingAttributes(value, rules),
    ...(because === undefined ? findCallerSupplied(value, rules) : []),
    ...findNeverGranted(value, rules),
    ...findFieldUnset(value, rules),
  ]
  return place(faults, block)
}

function unknownRole({ at }: Block, roles: readonly Named<unknown>[]): Finding {
  const near = suggest(
    anonymous,
    roles.map(({ name }) => name),
  )
  return {
    rule: 'roles/unknown',
    at,
    onKey: true,
    message: `a caller of a public route has the role \`${anonymous}\`, and no role is named so`,
    hint: near && `did you mean \`${anonymous}\` where you wrote \`${near}\`?`,
  }
}
