/** A schema that is tried, not required: a branch, the inside of `not`, the judge of member names. */

import type { Context, Node } from './node.ts'
import type { Predicate } from './predicate.ts'
import { type Located, targetOf } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import type { Scope } from './scope.ts'
import { subschemas } from './subschemas.ts'
import { Trail } from './trail.ts'

export interface Branch extends Located {
  readonly node: Node
  /** Whether a value fits that the node does not accept as it is: never where nothing is read, transformed, filled. */
  readonly fitsChanged: Predicate
}

export function compileBranch(schema: JsonSchema, scope: Scope, context: Context): Branch {
  const node = context.compile(schema, scope)
  const { readStrings, placeholder } = context.options
  const changes = readStrings === true || placeholder !== undefined || isChanging(schema, scope, new Set())
  return { schema, document: scope.document, node, fitsChanged: changes ? compileFit(node) : () => false }
}

/** Whether a value fits a branch, changed or not. */
export const fits = ({ node, fitsChanged }: Branch, value: unknown): boolean =>
  node.accepts(value) || fitsChanged(value)

const compileFit =
  (node: Node): Predicate =>
  (value) => {
    const trail = new Trail(1)
    node.walk(value, trail)
    return trail.errors.length === 0
  }

/** Whether a transform or a default can be reached from a schema. */
function isChanging(schema: JsonSchema, scope: Pick<Scope, 'find' | 'document'>, seen: Set<JsonSchema>): boolean {
  if (seen.has(schema)) return false
  seen.add(schema)
  if (schema.transform || Object.hasOwn(schema, 'default')) return true
  const target = targetOf({ schema, document: scope.document }, scope.find)
  if (target && isChanging(target.schema, { find: scope.find, document: target.document }, seen)) return true
  return subschemas(schema).some((inner) => isChanging(inner.schema, scope, seen))
}
