/** Generated schemas of inputs, and values near what they let in. */

import fc from 'fast-check'
import type { Json } from './policy.ts'

export const shared: Readonly<Record<string, Json>> = {
  Name: { type: 'string', pattern: '^[a-z]{1,8}$' },
  Tags: { type: 'array', maxItems: 2, uniqueItems: true, items: { $ref: '#/schemas/Name' } },
}

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

/** Without the members that hold nothing. */
export const compact = <T extends object = Json>(members: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T

const text = fc
  .record({
    type: some('string'),
    minLength: maybe(some(0, 1, 2)),
    maxLength: maybe(some(3, 8)),
    pattern: maybe(some('^[a-z]+$', '^[A-Z]{2}-[0-9]{2}$', '^a', '[0-9]$')),
    transform: maybe(some(['trim'], ['lowercase'], ['trim', 'uppercase'])),
  })
  .map((members) => compact(members))
const format = fc.record({ type: some('string'), format: some('uuid', 'date', 'ipv4') })
const number = fc
  .record({
    type: some('integer', 'number'),
    minimum: maybe(some(-1, 0, 1)),
    exclusiveMinimum: maybe(some(0)),
    maximum: maybe(some(5, 99)),
    multipleOf: maybe(some(2, 5)),
  })
  .map((members) => compact(members))
const word = fc.record({ enum: some(['a', 'b'], ['A'], ['read', 'write', 'x y']) })
const shared1 = some({ $ref: '#/schemas/Name' })
const flag = some<Json>({ type: 'boolean' })

const scalar: fc.Arbitrary<Json> = fc.oneof(text, text, number, number, format, word, flag)
/** What a text can be read as. */
const list: fc.Arbitrary<Json> = fc
  .record({
    type: some('array'),
    items: fc.oneof(text, number),
    minItems: maybe(some(1, 2)),
    maxItems: maybe(some(2, 3)),
    uniqueItems: maybe(some(true)),
  })
  .map((members) => compact(members))

/** Schemas of headers and cookies, and of parameters of the path. */
export const oneText = fc.oneof(text, number, format, word, flag)
const plainText = oneText.map(({ transform: _, ...schema }: Json) => schema)
const optional = (schema: fc.Arbitrary<Json>) =>
  fc.tuple(schema, some(false, false, true)).map(([own, required]) => (required ? { ...own, required } : own))
export const ofParameter = plainText
export const ofHeader = optional(plainText)
export const ofQuery: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: optional(scalar) },
  { weight: 2, arbitrary: optional(list) },
  { weight: 1, arbitrary: some<Json>({ type: 'integer', minimum: 1, default: 1 }, { type: 'string', default: 'a' }) },
)

const names = ['id', 'owner', 'name', 'n', '__proto__', 'constructor'] as const
const members = (schema: fc.Arbitrary<Json>) =>
  fc
    .uniqueArray(fc.tuple(some(...names), schema), { selector: ([name]) => name, minLength: 1, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries))

const anySchema = fc.letrec<{ schema: Json; object: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.oneof(
      scalar,
      shared1,
      some<Json>({ $ref: '#/schemas/Tags' }),
      fc.record({ const: some<unknown>('x', 1, null) }),
    ),
    tie('object'),
    fc.record({ type: some('array'), items: tie('schema'), maxItems: some(1, 2) }),
    some<Json>(
      {
        oneOf: [
          { type: 'integer', minimum: 3 },
          { type: 'integer', maximum: 5 },
        ],
      },
      { anyOf: [{ type: 'string', maxLength: 2 }, { type: 'boolean' }] },
      { type: ['string', 'null'], maxLength: 3 },
    ),
  ),
  object: fc
    .record({
      properties: members(tie('schema')),
      additionalProperties: maybe(some<unknown>(true, false, { type: 'integer' })),
      wanted: fc.nat(15),
      minProperties: maybe(some(1)),
      maxProperties: maybe(some(2, 3)),
    })
    .map(({ wanted, properties, ...rest }) => {
      const required = Object.keys(properties).filter((_, index) => ((wanted >> index) & 1) === 1)
      return compact({ type: 'object', properties, ...rest, ...(required.length > 0 && { required }) })
    }),
}))

export const ofBody: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: anySchema.object },
  { weight: 1, arbitrary: anySchema.schema },
)

/** Draws small numbers one after the other; 0 stands for what is right and short. */
export type Dice = () => number

const odd: readonly unknown[] = [
  '',
  null,
  0,
  -1,
  1.5,
  true,
  [],
  {},
  ' a ',
  'x'.repeat(9),
  { a: 1 },
  ['a', 'a'],
  'é',
  2 ** 53,
  1e300,
]

const textsNear = ({ minLength = 0, maxLength = 8 }: Json): readonly string[] => [
  'abc'.slice(0, Math.max(1, Number(maxLength))),
  'AB-12',
  ' abc ',
  'ABC',
  'a1',
  '7',
  'x'.repeat(Number(minLength)),
  'x'.repeat(Math.max(0, Number(minLength) - 1)),
  'x'.repeat(Number(maxLength)),
  'x'.repeat(Number(maxLength) + 1),
  '💩'.repeat(Number(maxLength)),
  '\u0130',
  'a\nb',
]

const numbersNear = ({ minimum = 1, maximum = 9, multipleOf = 1 }: Json): readonly number[] => {
  const [low, high, step] = [Number(minimum), Number(maximum), Number(multipleOf)]
  return [10 - (10 % step), low, high, low - 1, high + 1, low + 0.5, step * 2, 0, -0, 4, 3, 5]
}

const formats: Readonly<Record<string, readonly string[]>> = {
  uuid: [
    '0b2e3b3a-8f5c-4c3e-9d1a-2f6b7c8d9e0f',
    '0b2e3b3a8f5c4c3e9d1a2f6b7c8d9e0f',
    '0b2e3b3a-8f5c-4c3e-9d1a-2f6b7c8d9e0',
  ],
  date: ['2024-02-29', '2023-02-29', '2024-2-9'],
  ipv4: ['127.0.0.1', '127.0.0.256', '127.1'],
}

const pick = <T>(values: readonly T[], next: Dice): T => values[next() % values.length] as T

/** A value that a schema lets in, or nearly so. */
export function valueNear(schema: Json, next: Dice): unknown {
  if (next() % 12 === 11) return pick(odd, next)
  if (typeof schema.$ref === 'string') return valueNear(shared[schema.$ref.split('/')[2] ?? ''] ?? {}, next)
  const branches = (schema.oneOf ?? schema.anyOf) as readonly Json[] | undefined
  if (branches !== undefined) return valueNear(pick(branches, next), next)
  if (Array.isArray(schema.enum)) return pick([...schema.enum, 'A', 'a ', 'c'], next)
  if ('const' in schema) return pick([schema.const, String(schema.const)], next)
  const type = pick([schema.type].flat(), next)
  if (type === 'object') return objectNear(schema, next)
  if (type === 'array')
    return Array.from({ length: [1, 2, 0, 3, 4][next() % 5] ?? 1 }, () => valueNear(schema.items as Json, next))
  if (type === 'boolean') return pick([true, false], next)
  if (type === 'null') return null
  if (type === 'string') return pick(formats[String(schema.format)] ?? textsNear(schema), next)
  return pick(numbersNear(schema), next)
}

function objectNear({ properties = {}, required = [], additionalProperties }: Json, next: Dice): unknown {
  const entries = Object.entries(properties as Readonly<Record<string, Json>>).filter(
    ([name]) => next() % 6 !== 5 && ((required as string[]).includes(name) || next() % 2 === 0),
  )
  const values = entries.map(([name, schema]) => [name, valueNear(schema, next)] as const)
  const more =
    next() % 8 === 7 || (isOpen(additionalProperties) && next() % 2 === 1) ? [['extra', next()] as const] : []
  return Object.fromEntries([...values, ...more])
}

const isOpen = (additional: unknown): boolean => additional !== undefined && additional !== false
