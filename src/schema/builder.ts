/** A small typed builder: writes JSON Schema and its TypeScript type in one go. */

import type { JsonSchema } from './schema.ts'

declare const type: unique symbol

/** A JSON Schema that knows the TypeScript type of the values it accepts. */
export interface Schema<T> {
  readonly json: JsonSchema
  readonly [type]?: T
}

/** The type of the values that a schema accepts. */
export type Infer<S> = S extends Schema<infer T> ? T : never

type Properties = Readonly<Record<string, Schema<unknown>>>
type ObjectOf<P extends Properties> = {
  readonly [K in keyof P as K extends `${string}?` ? never : K]: Infer<P[K]>
} & {
  readonly [K in keyof P as K extends `${infer N}?` ? N : never]?: Infer<P[K]>
}
type Simplify<T> = { [K in keyof T]: T[K] } & {}

const schema = <T>(json: JsonSchema): Schema<T> => ({ json })

/** Any JSON value. */
export const any = (options: JsonSchema = {}): Schema<unknown> =>
  schema({
    ...options,
    type: ['string', 'number', 'boolean', 'object', 'array', 'null'],
    items: true,
    additionalProperties: true,
  })

export const string = (options: JsonSchema = {}): Schema<string> => schema({ type: 'string', ...options })
export const number = (options: JsonSchema = {}): Schema<number> => schema({ type: 'number', ...options })
export const integer = (options: JsonSchema = {}): Schema<number> => schema({ type: 'integer', ...options })
export const boolean = (options: JsonSchema = {}): Schema<boolean> => schema({ type: 'boolean', ...options })

/** One of these words. */
export const word = <const W extends readonly string[]>(words: W, options: JsonSchema = {}): Schema<W[number]> =>
  schema(words.length === 1 ? { ...options, const: words[0] } : { ...options, enum: words })

/** Exactly this value. */
export const literal = <const V extends string | number | boolean>(value: V, options: JsonSchema = {}): Schema<V> =>
  schema({ ...options, const: value })

export const array = <T>(items: Schema<T>, options: JsonSchema = {}): Schema<readonly T[]> =>
  schema({ type: 'array', items: items.json, ...options })

/** A closed object; a property whose name ends in `?` may be left out. */
export function object<const P extends Properties>(
  properties: P,
  options: JsonSchema = {},
): Schema<Simplify<ObjectOf<P>>> {
  const entries = Object.entries(properties)
  const required = entries.filter(([name]) => !name.endsWith('?')).map(([name]) => name)
  return schema({
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, value]) => [name.replace(/\?$/, ''), value.json])),
    ...(required.length > 0 && { required }),
    ...options,
  })
}

/** An object with free names and values of one shape. */
export const record = <T>(values: Schema<T>, options: JsonSchema = {}): Schema<Readonly<Record<string, T>>> =>
  schema({ type: 'object', additionalProperties: values.json, ...options })

/** One of several shapes. Where they differ in `type`, errors are those of the shape whose type fits. */
export const union = <const S extends readonly Schema<unknown>[]>(
  shapes: S,
  options: JsonSchema = {},
): Schema<Infer<S[number]>> => schema({ ...options, anyOf: shapes.map((shape) => shape.json) })

/** A schema written elsewhere, by name: `#/schemas/Name`. */
export const reference = <T>(name: string): Schema<T> => schema({ $ref: `#/schemas/${name}` })
