/** The shape of a rule over an `authorize` block and what `roles` say of it. */

import type { Fault } from '../../core/diagnostic.ts'
import type { AuthorizeBlock } from '../../guards/authorize/authorize.ts'
import type { RoleRule } from '../../services/roles/rule.ts'
import { excuse } from '../excuse.ts'
import { place } from '../place.ts'
import type { Block, Named, Policy, Route } from '../policy.ts'
import { isOnlyPublic } from '../who.ts'
import type { PolicyRule } from './rule.ts'

/** The one role of a caller without a credential. */
export const anonymous = 'anonymous'

/** An `authorize` block, and the roles that callers of its route can have. */
export interface Authorization {
  readonly route: Route
  readonly block: Block
  readonly value: AuthorizeBlock
  /** One entry a place. */
  readonly roles: readonly Named<readonly RoleRule[]>[]
}

/** Of every route; none while a role has faults of its own, which are reported. */
export function authorizationsOf({ routes, roles, broken }: Policy): readonly Authorization[] {
  if (broken.roles.size > 0) return []
  return routes.flatMap((route) => {
    const block = route.blocks.get('authorize')
    if (block === undefined) return []
    const callers = isOnlyPublic(route) ? roles.filter(({ name }) => name === anonymous) : roles
    return [{ route, block, value: block.value as AuthorizeBlock, roles: callers }]
  })
}

export interface AuthorizeRule extends PolicyRule {
  /** The faults of one block under these rules; paths start from the block. */
  find(block: AuthorizeBlock, rules: readonly RoleRule[]): readonly Fault[]
}

/** Gives a rule over one block its check of the whole policy; where nobody can have a role, that alone is told. */
export const defineAuthorizeRule = ({ rules, find }: Omit<AuthorizeRule, 'check'>): AuthorizeRule => ({
  rules,
  find,
  check: (policy) =>
    authorizationsOf(policy).flatMap(({ route, block, value, roles }) => {
      if (roles.length === 0 && isOnlyPublic(route)) return []
      const faults = find(
        value,
        roles.flatMap((role) => role.value),
      )
      return excuse(place(faults, block), block.because ?? route.because, rules)
    }),
})
