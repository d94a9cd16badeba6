/** The keyword table: all that this engine knows of each keyword, once. */

import { any } from './builder.ts'
import { areUnique, isEqual } from './equal.ts'
import { formats } from './formats.ts'
import { isAtLeast, isAtMost } from './length.ts'
import { isMultiple } from './multiple.ts'
import { alternatives, count, enumerated, nameOf, shown } from './phrases.ts'
import type { Format, JsonSchema } from './schema.ts'
import { transformNames } from './transforms.ts'
import type { Kind, Members } from './types.ts'

/** What a keyword asserts of a value of its type; arguments and values are of the shapes that `meta` and `on` tell. */
export interface Assertion {
  test(argument: never): (value: never) => boolean
  /** What people read; the schema around the keyword may have a name for what it asks. */
  message(argument: never, schema: JsonSchema): string
  allowed?(argument: never): readonly string[]
}

export interface Keyword {
  /** The type of values that it speaks of; values of other types pass. Left out, it speaks of all. */
  readonly on?: Kind
  /** What its own value must look like; `schema` stands where a schema is expected. */
  meta(schema: JsonSchema): JsonSchema
  readonly assert?: Assertion
  /** How it holds schemas: one, a list of them, or one by name. */
  readonly holds?: 'one' | 'list' | 'map'
  /** Its schemas judge the very value that the schema around them judges. */
  readonly inPlace?: true
}

const anything = any().json
const text = (): JsonSchema => ({ type: 'string' })
const number = (): JsonSchema => ({ type: 'number' })
const size = (): JsonSchema => ({ type: 'integer', minimum: 0 })
const flag = (): JsonSchema => ({ type: 'boolean' })
const names = (): JsonSchema => ({ type: 'array', items: { type: 'string' }, uniqueItems: true })
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items, minItems: 1 })
const map = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values })
const orBoolean = (schema: JsonSchema): JsonSchema => ({ anyOf: [{ type: 'boolean' }, schema] })
const self = (schema: JsonSchema): JsonSchema => schema
const types: JsonSchema = { enum: ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] }

/** Every supported keyword, in the order in which it is judged and documented. */
export const keywords = {
  $ref: { meta: text, inPlace: true },
  type: { meta: () => ({ anyOf: [types, { type: 'array', items: types, minItems: 1, uniqueItems: true }] }) },
  enum: {
    meta: () => ({ type: 'array', items: anything }),
    assert: {
      test: (values: readonly unknown[]) => compileEnum(values),
      message: (values: readonly unknown[]) => `expected ${alternatives(values.map(shown))}`,
      allowed: (values: readonly unknown[]) => values.map(plain),
    },
  },
  const: {
    meta: () => anything,
    assert: {
      test: (value: unknown) => compileEnum([value]),
      message: (value: unknown) => `expected ${shown(value)}`,
      allowed: (value: unknown) => [plain(value)],
    },
  },
  default: { meta: () => anything },
  title: { meta: text },
  description: { meta: text },
  examples: { meta: () => ({ type: 'array', items: anything }) },
  deprecated: { meta: flag },

  transform: { on: 'string', meta: () => ({ type: 'array', items: { enum: transformNames }, minItems: 1 }) },
  minLength: {
    on: 'string',
    meta: size,
    assert: {
      test: (least: number) => (value: string) => isAtLeast(value, least),
      message: (least: number) => `expected at least ${count(least, 'character')}`,
    },
  },
  maxLength: {
    on: 'string',
    meta: size,
    assert: {
      test: (most: number) => (value: string) => isAtMost(value, most),
      message: (most: number) => `expected at most ${count(most, 'character')}`,
    },
  },
  pattern: {
    on: 'string',
    meta: text,
    assert: {
      test: (pattern: string) => {
        const expression = new RegExp(pattern, 'u')
        return (value: string) => expression.test(value)
      },
      message: (pattern: string, schema: JsonSchema) => `expected ${nameOf(schema) ?? `a match of ${shown(pattern)}`}`,
    },
  },
  format: {
    on: 'string',
    meta: () => ({ enum: Object.keys(formats) }),
    assert: {
      test: (format: Format) => formats[format].test,
      message: (format: Format) => `expected ${formats[format].label}`,
    },
  },

  minimum: {
    on: 'number',
    meta: number,
    assert: {
      test: (limit: number) => (value: number) => value >= limit,
      message: (limit: number) => `expected ${limit} or more`,
    },
  },
  maximum: {
    on: 'number',
    meta: number,
    assert: {
      test: (limit: number) => (value: number) => value <= limit,
      message: (limit: number) => `expected ${limit} or less`,
    },
  },
  exclusiveMinimum: {
    on: 'number',
    meta: number,
    assert: {
      test: (limit: number) => (value: number) => value > limit,
      message: (limit: number) => `expected more than ${limit}`,
    },
  },
  exclusiveMaximum: {
    on: 'number',
    meta: number,
    assert: {
      test: (limit: number) => (value: number) => value < limit,
      message: (limit: number) => `expected less than ${limit}`,
    },
  },
  multipleOf: {
    on: 'number',
    meta: () => ({ type: 'number', exclusiveMinimum: 0 }),
    assert: {
      test: (divisor: number) => (value: number) => isMultiple(value, divisor),
      message: (divisor: number) => `expected a multiple of ${divisor}`,
    },
  },

  properties: { on: 'object', meta: map, holds: 'map' },
  required: { on: 'object', meta: names },
  additionalProperties: { on: 'object', meta: orBoolean, holds: 'one' },
  propertyNames: { on: 'object', meta: self, holds: 'one' },
  minProperties: {
    on: 'object',
    meta: size,
    assert: {
      test: (least: number) => (value: Members) => Object.keys(value).length >= least,
      message: (least: number) => `expected at least ${count(least, 'member')}`,
    },
  },
  maxProperties: {
    on: 'object',
    meta: size,
    assert: {
      test: (most: number) => (value: Members) => Object.keys(value).length <= most,
      message: (most: number) => `expected at most ${count(most, 'member')}`,
    },
  },
  dependentRequired: {
    on: 'object',
    meta: () => map(names()),
    assert: { test: compileDependents, message: describeDependents },
  },

  prefixItems: { on: 'array', meta: list, holds: 'list' },
  items: { on: 'array', meta: orBoolean, holds: 'one' },
  minItems: {
    on: 'array',
    meta: size,
    assert: {
      test: (least: number) => (value: readonly unknown[]) => value.length >= least,
      message: (least: number) => `expected at least ${count(least, 'item')}`,
    },
  },
  maxItems: {
    on: 'array',
    meta: size,
    assert: {
      test: (most: number) => (value: readonly unknown[]) => value.length <= most,
      message: (most: number) => `expected at most ${count(most, 'item')}`,
    },
  },
  uniqueItems: {
    on: 'array',
    meta: flag,
    assert: {
      test: (unique: boolean) => (value: readonly unknown[]) => !unique || areUnique(value),
      message: () => 'expected no two items to be equal',
    },
  },

  allOf: { meta: list, holds: 'list', inPlace: true },
  anyOf: { meta: list, holds: 'list', inPlace: true },
  oneOf: { meta: list, holds: 'list', inPlace: true },
  not: { meta: self, holds: 'one', inPlace: true },
} as const satisfies Record<keyof JsonSchema, Keyword>

export type KeywordName = keyof typeof keywords

/** The table as rows. */
export const keywordRows = Object.entries(keywords) as readonly (readonly [KeywordName, Keyword])[]

/** A set where all values are scalars; a walk over them where some are not. */
function compileEnum(values: readonly unknown[]): (value: unknown) => boolean {
  const scalars = new Set(values)
  const containers = values.filter((value) => typeof value === 'object' && value !== null)
  return (value) => scalars.has(value) || containers.some((container) => isEqual(value, container))
}

type Dependents = Readonly<Record<string, readonly string[]>>

function compileDependents(dependents: Dependents): (value: Members) => boolean {
  const rows = Object.entries(dependents)
  return (value) =>
    rows.every(([name, needed]) => !Object.hasOwn(value, name) || needed.every((other) => Object.hasOwn(value, other)))
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function describeDependents(dependents: Dependents): string {
  const rows = Object.entries(dependents).filter(([, needed]) => needed.length > 0)
  return rows
    .map(([name, needed]) => `expected ${enumerated(needed.map(shown), 'and')} beside ${shown(name)}`)
    .join('; ')
}
