/** The schemas that a schema holds, each with the keyword and the place it stands at. */

import { type Keyword, type KeywordName, keywordRows, keywords } from './keywords.ts'
import type { JsonSchema, Path, PathSegment } from './schema.ts'
import { isMembers } from './types.ts'

export interface Subschema {
  readonly keyword: KeywordName
  /** From the schema that holds it: `['properties', 'sku']`. */
  readonly path: Path
  readonly schema: JsonSchema
}

/** A keyword from which a schema judges the same value as the schema that holds it. */
export type Place = 'allOf' | 'anyOf' | 'oneOf' | 'not' | '$ref'

export const isPlace = (keyword: KeywordName): keyword is Place => 'inPlace' in keywords[keyword]

const holders = keywordRows.filter(([, { holds }]) => holds !== undefined)

/** Every schema directly inside `schema`; booleans and what is no schema at all are left out. */
export const subschemas = (schema: JsonSchema): readonly Subschema[] =>
  holders.flatMap(([keyword, row]) => (Object.hasOwn(schema, keyword) ? unfold(keyword, row, schema[keyword]) : []))

function unfold(keyword: KeywordName, { holds }: Keyword, held: unknown): readonly Subschema[] {
  if (holds === 'one') return isMembers(held) ? [{ keyword, path: [keyword], schema: held }] : []
  return entriesOf(held).flatMap(([at, schema]) =>
    isMembers(schema) ? [{ keyword, path: [keyword, at], schema }] : [],
  )
}

function entriesOf(held: unknown): readonly (readonly [PathSegment, unknown])[] {
  if (Array.isArray(held)) return [...held.entries()]
  return isMembers(held) ? Object.entries(held) : []
}
