/** A schema document laid out: every schema in it, where it stands and what surrounds it. */

import type { Find } from './resolve.ts'
import type { JsonSchema, Path } from './schema.ts'
import { childScope, placeScope, rootScope, type Scope } from './scope.ts'
import { isPlace, type Subschema, subschemas } from './subschemas.ts'

/** A schema within a document. */
export interface Position {
  readonly schema: JsonSchema
  /** From the root of the document. */
  readonly path: Path
  readonly scope: Scope
}

/** The document itself and every schema that it holds, outside in. */
export const positionsOf = (document: JsonSchema, find: Find): readonly Position[] =>
  unfold({ schema: document, path: [], scope: rootScope(document, find) })

const unfold = (position: Position): readonly Position[] => [
  position,
  ...subschemas(position.schema).flatMap((inner) => unfold(enter(position, inner))),
]

const enter = ({ schema, path, scope }: Position, inner: Subschema): Position => ({
  schema: inner.schema,
  path: [...path, ...inner.path],
  scope: isPlace(inner.keyword) ? placeScope(schema, scope, inner.keyword, inner.schema) : childScope(scope),
})
