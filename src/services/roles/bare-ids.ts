/** Where a rule takes the id of a user for the user: each issuer gives its ids by itself. */

import { pathsIn } from '../../core/paths-in.ts'
import { isObject } from './condition.ts'
import { isInverted, type RoleRule } from './rule.ts'

/**
 * The attributes that a rule compares with `${user.id}` and none beside it with `${user.issuer}`. Of a `$or`, each alternative
 * is looked at by itself; not so in a `cannot`, as what differs from a pair differs in one or the other.
 */
export function bareIdsOf(rule: RoleRule): readonly string[] {
  if (isInverted(rule) && reads(rule.when, 'issuer')) return []
  return findBare(rule.when)
}

function findBare(when: unknown): readonly string[] {
  if (!isObject(when) || comparesIssuer(when)) return []
  return Object.entries(when).flatMap(([name, operand]) => {
    if (name.startsWith('$')) return listOf(operand).flatMap(findBare)
    return reads(operand, 'id') ? [name] : []
  })
}

/** Whether conditions can hold for one issuer only. */
function comparesIssuer(when: unknown): boolean {
  if (!isObject(when)) return false
  return Object.entries(when).some(([name, operand]) => {
    if (name === '$or') return listOf(operand).every(comparesIssuer)
    if (name === '$and') return listOf(operand).some(comparesIssuer)
    return reads(operand, 'issuer')
  })
}

const listOf = (operand: unknown): readonly unknown[] => (Array.isArray(operand) ? operand : [])

const reads = (value: unknown, member: 'id' | 'issuer'): boolean =>
  pathsIn(value).some(({ root, names }) => root === 'user' && names[0] === member)
