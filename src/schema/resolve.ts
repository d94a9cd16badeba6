/** Where a `$ref` leads: into the document it is written in, or to a schema that is shared by name. */

import { readFragment } from './pointer.ts'
import type { JsonSchema } from './schema.ts'
import { cyclesOf, isPlace, subschemas } from './subschemas.ts'
import { isMembers } from './types.ts'

/** A schema, and the document it stands in: what `#` means there. */
export interface Located {
  readonly schema: JsonSchema
  readonly document: JsonSchema
}

/** Finds the target of a reference that is written in a document; undefined where it leads nowhere. */
export type Find = (reference: string, document: JsonSchema) => Located | undefined

/** `#/schemas/Name` finds a shared schema, any other fragment is a JSON Pointer into the document of the reference. */
export const createFind =
  (schemas: Readonly<Record<string, JsonSchema>> = {}): Find =>
  (reference, document) => {
    const segments = readFragment(reference)
    if (segments?.[0] !== 'schemas' || segments.length === 1) return descend(document, document, segments)
    const [name = '', ...rest] = segments.slice(1)
    const shared = Object.hasOwn(schemas, name) ? schemas[name] : undefined
    return isMembers(shared) ? descend(shared, shared, rest) : undefined
  }

/** Like `createFind`, once for each reference, and without those that never come to an end. */
export function createSafeFind(schemas: Readonly<Record<string, JsonSchema>> = {}): Find {
  const find = createFind(schemas)
  const found = new Map<JsonSchema, Map<string, Located | undefined>>()
  return (reference, document) => {
    const known = found.get(document) ?? new Map<string, Located | undefined>()
    found.set(document, known)
    if (!known.has(reference)) {
      const target = find(reference, document)
      known.set(reference, target && ends(target, find) ? target : undefined)
    }
    return known.get(reference)
  }
}

const ends = (target: Located, find: Find): boolean =>
  cyclesOf(target.document).length === 0 && !isEndless(target, find)

/** What the `$ref` of a schema leads to; undefined where it has none, or a bad one. */
export const targetOf = ({ schema: { $ref }, document }: Located, find: Find): Located | undefined =>
  typeof $ref === 'string' ? find($ref, document) : undefined

/** Whether judging a value would come back to the same schema with the same value. */
function isEndless(from: Located, find: Find, above: ReadonlySet<JsonSchema> = new Set()): boolean {
  if (above.has(from.schema)) return true
  const next = new Set(above).add(from.schema)
  return inPlaceOf(from, find).some((inner) => isEndless(inner, find, next))
}

/** The schemas that judge the same value as this one, the target of its `$ref` included. */
function inPlaceOf({ schema, document }: Located, find: Find): readonly Located[] {
  const target = targetOf({ schema, document }, find)
  const held = subschemas(schema).filter(({ keyword }) => isPlace(keyword))
  return [...(target ? [target] : []), ...held.map((inner) => ({ schema: inner.schema, document }))]
}

/** Follows keywords only, so that a reference cannot lead to data that merely looks like a schema. */
function descend(
  document: JsonSchema,
  schema: JsonSchema,
  segments: readonly string[] | undefined,
): Located | undefined {
  if (!segments || segments.length === 0) return segments && { schema, document }
  const next = subschemas(schema).find(({ path }) =>
    path.every((segment, index) => String(segment) === segments[index]),
  )
  return next && descend(document, next.schema, segments.slice(next.path.length))
}
