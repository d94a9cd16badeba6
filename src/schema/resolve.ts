/** Where a `$ref` leads: into the document it is written in, or to a schema that is shared by name. */

import { checkExtent } from './extent.ts'
import type { KeywordName } from './keywords.ts'
import { readFragment } from './pointer.ts'
import type { JsonSchema } from './schema.ts'
import { isPlace, subschemas } from './subschemas.ts'
import { isMembers } from './types.ts'

/** Schemas that judge the same value, one within or behind the other. */
const MOST_IN_PLACE = 256

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
  const sound = new Map<JsonSchema, boolean>()
  const isSound = (document: JsonSchema): boolean => {
    const known = sound.get(document) ?? checkExtent(document).length === 0
    sound.set(document, known)
    return known
  }
  return (reference, document) => {
    const known = found.get(document) ?? new Map<string, Located | undefined>()
    found.set(document, known)
    if (!known.has(reference)) {
      const target = find(reference, document)
      known.set(reference, target && isSound(target.document) && !isEndless(target, find) ? target : undefined)
    }
    return known.get(reference)
  }
}

/** What the `$ref` of a schema leads to; undefined where it has none, or a bad one. */
export const targetOf = ({ schema: { $ref }, document }: Located, find: Find): Located | undefined =>
  typeof $ref === 'string' ? find($ref, document) : undefined

/** Whether judging a value would come back to the same schema with the same value, or go on for too long. */
function isEndless(from: Located, find: Find): boolean {
  const above = new Set<JsonSchema>()
  const ending = new Set<JsonSchema>()
  const ends = (at: Located): boolean => {
    if (ending.has(at.schema)) return true
    if (above.has(at.schema) || above.size === MOST_IN_PLACE) return false
    above.add(at.schema)
    if (!inPlaceOf(at, find).every(ends)) return false
    above.delete(at.schema)
    ending.add(at.schema)
    return true
  }
  return !ends(from)
}

/** The target of a schema as a list of one; of none where there is none. */
export const followed = (from: Located, find: Find): readonly Located[] =>
  [targetOf(from, find)].filter((target) => target !== undefined)

/** The schemas inside a schema, by the keywords that are asked for. */
export const heldBy = (
  { schema, document }: Located,
  wanted: (keyword: KeywordName) => boolean = () => true,
): readonly Located[] =>
  subschemas(schema)
    .filter(({ keyword }) => wanted(keyword))
    .map((inner) => ({ schema: inner.schema, document }))

/** The schemas that judge the same value as this one, the target of its `$ref` included. */
const inPlaceOf = (from: Located, find: Find): readonly Located[] => [...followed(from, find), ...heldBy(from, isPlace)]

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
