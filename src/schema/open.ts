/** What `additionalProperties` and `items` compile to where they are a schema, `true` or left out. */

import type { Context, Node } from './node.ts'
import type { JsonSchema } from './schema.ts'
import { rootScope, type Scope } from './scope.ts'

/** Any value, walked to its end: placeholders may stand anywhere inside. */
const anything: JsonSchema = {
  type: ['string', 'number', 'boolean', 'object', 'array', 'null'],
  items: { $ref: '#' },
  additionalProperties: { $ref: '#' },
}

/** The node of a schema; nothing where every value passes as it is. */
export function compileOpen(
  schema: JsonSchema | boolean | undefined,
  scope: Scope,
  context: Context,
): Node | undefined {
  if (typeof schema === 'object') return context.compile(schema, scope)
  if (schema !== true || !context.options.placeholder) return undefined
  return context.compileTarget('#', rootScope(anything, scope.find))
}
