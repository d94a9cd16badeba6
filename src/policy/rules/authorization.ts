/** What `authorize` and `roles` can only get wrong together. */

import type { AuthorizeBlock } from '../../guards/authorize/authorize.ts'
import {
  authorizePolicyRules,
  findCallerSupplied,
  findFieldUnset,
  findMissingAttributes,
  findNeverGranted,
} from '../../guards/authorize/policy-faults.ts'
import type { Finding } from '../findings.ts'
import { place } from '../place.ts'
import type { Policy, Route } from '../policy.ts'
import { defineRule } from './rule.ts'

export const authorization = defineRule({
  rules: authorizePolicyRules,
  check: (policy) => policy.routes.flatMap((route) => checkRoute(route, policy)),
})

function checkRoute({ blocks, because }: Route, { roles }: Policy): readonly Finding[] {
  const block = blocks.get('authorize')
  if (block === undefined) return []
  const value = block.value as AuthorizeBlock
  const rules = roles.flatMap((role) => role.value)
  const callerSupplied = because === undefined ? findCallerSupplied(value, rules) : []
  const faults = [
    ...findMissingAttributes(value, rules),
    ...callerSupplied,
    ...findNeverGranted(value, rules),
    ...findFieldUnset(value, rules),
  ]
  return place(faults, block)
}
