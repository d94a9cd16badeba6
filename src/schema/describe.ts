/** What schemas expect, in a few words: for messages, and to find the branch that was meant. */

import { enumerated, nameOf, shown } from './phrases.ts'
import { reach } from './reach.ts'
import { type Find, followed, type Located } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import { impliedTypes, isOfType, labelOf, typesOf, valuesOf } from './types.ts'

/** An object schema as it is read by people: what it and all that it includes describe. */
export interface Outline {
  readonly properties: readonly (readonly [string, JsonSchema])[]
  readonly required: readonly string[]
}

/** "an object with `can`", "`public`": each alternative of a schema. */
export const describeSchema = (from: Located, find: Find): readonly string[] =>
  reach(from, (at) => (valuesOf(at.schema) ? [] : alternativesOf(at, find))).flatMap((at) => {
    const values = valuesOf(at.schema)
    if (values) return values.map(shown)
    return alternativesOf(at, find).length > 0 ? [] : describeTypes(at.schema)
  })

/** The strings that a schema names: what a misspelt word may have meant. */
export const wordsOf = (from: Located, find: Find): readonly string[] =>
  reach(from, (at) => alternativesOf(at, find)).flatMap(({ schema }) =>
    (valuesOf(schema) ?? []).filter((value) => typeof value === 'string'),
  )

/** Whether a schema speaks of values of this type at all. */
export const admitsType = (from: Located, value: unknown, find: Find): boolean =>
  reach(from, (at) => (impliedTypes(at.schema) ? [] : alternativesOf(at, find))).some((at) => {
    const types = impliedTypes(at.schema)
    return types ? types.some((type) => isOfType[type](value)) : alternativesOf(at, find).length === 0
  })

/** The members that a schema describes, by itself and by what it includes. */
export function outlineOf(from: Located, find: Find): Outline {
  const included = reach(from, (at) => [...followed(at, find), ...branchesOf(at, at.schema.allOf)])
  return {
    properties: included.flatMap(({ schema }) => Object.entries(schema.properties ?? {})),
    required: included.flatMap(({ schema }) => schema.required ?? []),
  }
}

const describeTypes = (schema: JsonSchema): readonly string[] =>
  (typesOf(schema) ?? []).map((type) => {
    if (type === 'object') return describeObject(schema)
    return (type === 'string' && nameOf(schema)) || labelOf(type)
  })

const describeObject = ({ required = [] }: JsonSchema): string =>
  required.length === 0 ? labelOf('object') : `${labelOf('object')} with ${enumerated(required.map(shown), 'and')}`

/** What a schema leads to where it says nothing itself. */
const alternativesOf = (from: Located, find: Find): readonly Located[] => [
  ...followed(from, find),
  ...branchesOf(from, from.schema.anyOf),
  ...branchesOf(from, from.schema.oneOf),
  ...branchesOf(from, from.schema.allOf),
]

const branchesOf = ({ document }: Located, branches: readonly JsonSchema[] = []): readonly Located[] =>
  branches.map((schema) => ({ schema, document }))
