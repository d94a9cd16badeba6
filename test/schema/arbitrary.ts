/** Generated schemas and values: a small vocabulary, so that values meet schemas often. */

import fc from 'fast-check'
import type { JsonSchema } from '../../src/schema/schema.ts'

const names = ['a', 'b', 'c', '__proto__', 'toString'] as const
const strings = ['', 'a', 'ab', 'abc', 'Ab ', ' é', '💩', '1', 'true', '2024-02-29', '127.0.0.1', '<b>'] as const
const name = fc.constantFrom(...names)
const size = fc.nat({ max: 3 })
const limit = fc.integer({ min: -3, max: 3 })

/** An object of generated members, `__proto__` among them as a member. */
const record = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.uniqueArray(fc.tuple(name, values), { selector: ([key]) => key, maxLength: 3 }).map(Object.fromEntries)

const scalar = fc.oneof(
  fc.constantFrom(...strings),
  fc.integer({ min: -4, max: 4 }),
  fc.constantFrom(0.5, 1.5, -0, 1e300),
  fc.boolean(),
  fc.constant(null),
)

/** JSON values of the vocabulary of `schemas`. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    record(tie('value')),
  ),
})).value

const types = fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null')
const typed = fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 4 }))

/** Keywords that hold no schema; each may be left out. */
const flat = {
  minLength: size,
  maxLength: size,
  pattern: fc.constantFrom('^a', 'b$', '^\\p{L}*$', '.'),
  format: fc.constantFrom('date', 'ipv4', 'uuid'),
  minimum: limit,
  maximum: limit,
  exclusiveMinimum: limit,
  exclusiveMaximum: limit,
  multipleOf: fc.integer({ min: 1, max: 3 }),
  required: fc.uniqueArray(name, { maxLength: 2 }),
  minProperties: size,
  maxProperties: size,
  dependentRequired: record(fc.uniqueArray(name, { maxLength: 2 })),
  minItems: size,
  maxItems: size,
  uniqueItems: fc.boolean(),
}

/** Keywords of our own, and those that change a value. */
const changing = {
  transform: fc.uniqueArray(fc.constantFrom('trim', 'lowercase', 'nfc', 'escapeHtml'), { minLength: 1, maxLength: 2 }),
  default: scalar,
}

interface Options {
  /** Whether keywords of our own, and those that change a value, take part. */
  readonly own: boolean
}

/** Schemas as the standard has them or, with `own`, with transforms, defaults and objects closed by default. */
export function schemas({ own }: Options): fc.Arbitrary<JsonSchema> {
  return fc.letrec<{ schema: JsonSchema }>((tie) => {
    const schema = tie('schema')
    const list = fc.array(schema, { minLength: 1, maxLength: 2 })
    const orBoolean = fc.oneof(fc.boolean(), schema)
    const lists = { prefixItems: list, allOf: list, anyOf: list, oneOf: list }
    const holding = { ...lists, properties: record(schema), propertyNames: schema, items: orBoolean, not: schema }
    const leaf = fc.oneof(
      compose(own ? { ...flat, ...changing } : flat, own),
      fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
      fc.record({ const: scalar }),
      fc.record({ $ref: fc.constantFrom('#/schemas/tree', '#/schemas/word') }),
    )
    const node = compose({ ...flat, ...holding, additionalProperties: orBoolean }, own)
    return { schema: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, node) }
  }).schema
}

/** A schema of a type and a few keywords; where `closing` is not wanted, it says itself whether objects are open. */
function compose(
  keywords: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  closing: boolean,
): fc.Arbitrary<JsonSchema> {
  const stated = closing ? fc.record({ type: typed }) : fc.record({ type: typed, additionalProperties: fc.boolean() })
  const entries = Object.entries(keywords).map(([keyword, value]) => value.map((argument) => ({ [keyword]: argument })))
  const several = fc.array(fc.oneof(...entries), { maxLength: 4 })
  return fc.tuple(stated, several).map(([first, rest]) => Object.assign({}, first, ...rest))
}

/** What the references of generated schemas lead to. */
export const shared: Readonly<Record<string, JsonSchema>> = {
  word: { type: 'string', maxLength: 2 },
  tree: {
    type: ['object', 'array', 'string'],
    properties: { a: { $ref: '#/schemas/tree' } },
    items: { $ref: '#/schemas/tree' },
    maxLength: 2,
    additionalProperties: false,
  },
}
