/** What schemas expect, in a few words: for messages, and to find the branch that was meant. */

import { enumerated, shown } from './phrases.ts'
import { type Find, type Located, targetOf } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import { impliedTypes, isOfType, labelOf, typesOf, valuesOf } from './types.ts'

/** An object schema as it is read by people: what it and all that it includes describe. */
export interface Outline {
  readonly properties: readonly (readonly [string, JsonSchema])[]
  readonly required: readonly string[]
}

/** "an object with `can`", "`public`": each alternative of a schema. */
export function describeSchema(from: Located, find: Find): readonly string[] {
  const { schema } = from
  const choices = alternativesOf(from, find)
  const values = valuesOf(schema)
  if (values) return values.map(shown)
  if (choices.length > 0) return choices.flatMap((choice) => describeSchema(choice, find))
  return (typesOf(schema) ?? []).map((type) => (type === 'object' ? describeObject(schema) : labelOf(type)))
}

/** The strings that a schema names: what a misspelt word may have meant. */
export function wordsOf(from: Located, find: Find): readonly string[] {
  const words = (valuesOf(from.schema) ?? []).filter((value) => typeof value === 'string')
  return [...words, ...alternativesOf(from, find).flatMap((choice) => wordsOf(choice, find))]
}

/** Whether a schema speaks of values of this type at all. */
export function admitsType(from: Located, value: unknown, find: Find): boolean {
  const types = impliedTypes(from.schema)
  if (types) return types.some((type) => isOfType[type](value))
  const choices = alternativesOf(from, find)
  return choices.length === 0 || choices.some((choice) => admitsType(choice, value, find))
}

/** The members that a schema describes, by itself and by what it includes. */
export function outlineOf(from: Located, find: Find): Outline {
  const { properties = {}, required = [] } = from.schema
  const included = includedIn(from, find).map((inner) => outlineOf(inner, find))
  return {
    properties: [...Object.entries(properties), ...included.flatMap((outline) => outline.properties)],
    required: [...required, ...included.flatMap((outline) => outline.required)],
  }
}

const describeObject = ({ required = [] }: JsonSchema): string =>
  required.length === 0 ? labelOf('object') : `${labelOf('object')} with ${enumerated(required.map(shown), 'and')}`

const includedIn = (from: Located, find: Find): readonly Located[] => [
  ...followed(from, find),
  ...branchesOf(from, from.schema.allOf),
]

/** What a schema leads to where it says nothing itself. */
const alternativesOf = (from: Located, find: Find): readonly Located[] => [
  ...followed(from, find),
  ...branchesOf(from, from.schema.anyOf),
  ...branchesOf(from, from.schema.oneOf),
  ...branchesOf(from, from.schema.allOf),
]

const followed = (from: Located, find: Find): readonly Located[] =>
  [targetOf(from, find)].filter((target) => target !== undefined)

const branchesOf = ({ document }: Located, branches: readonly JsonSchema[] = []): readonly Located[] =>
  branches.map((schema) => ({ schema, document }))
