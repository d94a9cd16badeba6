/** Which attributes of a resource rules read, and what they compare them with. */

import type { Root } from '../../core/expression.ts'
import { pathsIn } from '../../core/paths-in.ts'
import { isObject } from './condition.ts'
import type { RoleRule } from './rule.ts'

/** One attribute that a rule reads. */
export interface Reading {
  /** Its name, or its path: `owner.id`. */
  readonly attribute: string
  /** What the expressions beside it are made of. */
  readonly comparedWith: ReadonlySet<Root>
}

/** Everything that a rule reads of the resource, `${resource.…}` in its values included; what has faults is passed over. */
export const readingsOf = ({ when }: RoleRule): readonly Reading[] => readConditions(when)

function readConditions(when: unknown): readonly Reading[] {
  if (Array.isArray(when)) return when.flatMap(readConditions)
  if (!isObject(when)) return []
  return Object.entries(when).flatMap(([name, operand]) =>
    name.startsWith('$') ? readConditions(operand) : readAttribute(name, operand),
  )
}

function readAttribute(attribute: string, operand: unknown): readonly Reading[] {
  const paths = pathsIn(operand)
  const inside = paths.filter(({ root, names }) => root === 'resource' && names.length > 0)
  return [
    { attribute, comparedWith: new Set(paths.map(({ root }) => root)) },
    ...inside.map(({ names }) => ({ attribute: names.join('.'), comparedWith: new Set<Root>() })),
  ]
}
