/** The types of JSON: how a value is told to be of one, and what people call them. */

import type { JsonSchema, JsonType } from './schema.ts'

/** The types that keywords speak of: integers are numbers. */
export type Kind = Exclude<JsonType, 'integer'>
export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One predicate a type; JSON knows no infinite number, and 1.0 is an integer. */
export const isOfType: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  object: isMembers,
  array: Array.isArray,
  null: (value) => value === null,
}

const kinds: readonly Kind[] = ['string', 'number', 'boolean', 'null', 'array', 'object']
const labels: Readonly<Record<JsonType, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'a list',
  null: '`null`',
}

/** The kind of a value, or undefined for what JSON cannot say. */
export const kindOf = (value: unknown): Kind | undefined => kinds.find((kind) => isOfType[kind](value))

/** What people call a type: "an integer". */
export const labelOf = (type: JsonType): string => labels[type]

/** The types that a schema states, as a list; undefined where it states none. */
export function typesOf({ type }: JsonSchema): readonly JsonType[] | undefined {
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? type : undefined
}

/** The values that `enum` or `const` leave to choose from; undefined where there is neither. */
export function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum
  return Object.hasOwn(schema, 'const') ? [schema.const] : undefined
}

/** The types that a schema states, or that its `enum` or `const` can only mean. */
export function impliedTypes(schema: JsonSchema): readonly JsonType[] | undefined {
  return (
    typesOf(schema) ??
    valuesOf(schema)
      ?.map(kindOf)
      .filter((kind) => kind !== undefined)
  )
}
