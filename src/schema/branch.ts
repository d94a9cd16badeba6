/** A schema that is tried, not required: a branch, the inside of `not`, the judge of member names. */

import type { Context, Node } from './node.ts'
import type { Predicate } from './predicate.ts'
import { reach } from './reach.ts'
import { type Find, followed, heldBy, type Located } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import type { Scope } from './scope.ts'
import { Trail } from './trail.ts'

export interface Branch extends Located {
  readonly node: Node
  /** Whether a value fits, changed or not, in one walk. */
  readonly fits: Predicate
  /** Whether it reads, transforms or fills: where not, the node accepts all that fits. */
  readonly changes: boolean
}

export function compileBranch(schema: JsonSchema, scope: Scope, context: Context): Branch {
  const node = context.compile(schema, scope)
  const { readStrings, placeholder } = context.options
  const located = { schema, document: scope.document }
  const changes = readStrings === true || placeholder !== undefined || isChanging(located, scope.find)
  return { ...located, node, changes, fits: changes ? compileFit(node) : node.accepts }
}

/** Whether a value fits a branch that does not accept it as it is. */
export const fitsChanged = ({ changes, fits }: Branch, value: unknown): boolean => changes && fits(value)

/** Whether a value fits a branch, changed or not: soonest told where it fits as it is. */
export const fitsSoon = (branch: Branch, value: unknown): boolean =>
  branch.node.accepts(value) || fitsChanged(branch, value)

const compileFit =
  (node: Node): Predicate =>
  (value) => {
    const trail = new Trail(1)
    node.walk(value, trail)
    return trail.errors.length === 0
  }

/** Whether a transform or a default can be reached from a schema. */
const isChanging = (from: Located, find: Find): boolean =>
  reach(from, (at) => [...followed(at, find), ...heldBy(at)]).some(
    ({ schema }) => schema.transform || Object.hasOwn(schema, 'default'),
  )
