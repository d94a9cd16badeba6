/** Values that fit a schema and values that break it, held against another validator. */

import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import test from 'ava'
import fc from 'fast-check'
import type { JsonSchema } from '../../../src/schema/schema.ts'
import { breaks } from '../../../src/tools/attack/schema/breaks.ts'
import { textFor } from '../../../src/tools/attack/schema/pattern.ts'
import { witness } from '../../../src/tools/attack/schema/witness.ts'

const ajv = new Ajv.default({ strict: false })
addFormats.default(ajv)

const scalar: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.record({ type: fc.constant('string' as const), minLength: fc.nat(5), maxLength: fc.integer({ min: 5, max: 9 }) }),
  fc.record({
    type: fc.constant('integer' as const),
    minimum: fc.integer({ min: -9, max: 9 }),
    maximum: fc.integer({ min: 10, max: 99 }),
  }),
  fc.record({ type: fc.constant('number' as const), exclusiveMinimum: fc.integer({ min: -9, max: 9 }) }),
  fc.constant<JsonSchema>({ type: 'boolean' }),
  fc
    .constantFrom('email', 'uuid', 'date', 'date-time', 'ipv4', 'hostname')
    .map((format) => ({ type: 'string' as const, format: format as 'email' })),
  fc
    .constantFrom('^[A-Z]{2}-[0-9]{4}$', '^(?:a|b)+c?$', '^\\d{3,5}(-[a-f]+)*$', '^x\\.y\\/z$')
    .map((pattern) => ({ type: 'string' as const, pattern })),
)

const schemas = fc.letrec<{ any: JsonSchema }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.record({
      type: fc.constant('array' as const),
      items: tie('any'),
      minItems: fc.nat(2),
      maxItems: fc.integer({ min: 2, max: 4 }),
    }),
    fc
      .dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 })
      .chain((properties) =>
        fc
          .subarray(Object.keys(properties))
          .map((required) => ({ type: 'object' as const, properties, required, additionalProperties: false })),
      ),
  ),
})).any

test('a witness fits its schema, and each break of it does not', (t) => {
  fc.assert(
    fc.property(schemas, (schema) => {
      const found = witness(schema, {})
      if (found === undefined) return false
      const validate = ajv.compile(schema)
      return validate(found.value) === true && breaks(found).every(({ value }) => validate(value) === false)
    }),
    { numRuns: 400 },
  )
  t.pass()
})

test('every rule of a schema is broken by one', (t) => {
  const schema: JsonSchema = {
    type: 'object',
    required: ['text'],
    properties: {
      text: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]+$' },
      size: { enum: ['s', 'm'] },
      count: { type: 'integer', minimum: 1, maximum: 9, multipleOf: 2 },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3, uniqueItems: true },
      at: { type: 'string', format: 'date' },
    },
  }
  const found = witness(schema, {})
  const broken = new Set(
    (found === undefined ? [] : breaks(found)).map(({ rule, path }) => `${path.join('/')} ${rule}`),
  )
  const wanted =
    'type,text required,text type,text minLength,text maxLength,text pattern,size enum,count type,count minimum,count maximum,count multipleOf,tags type,tags minItems,tags maxItems,tags uniqueItems,at format,portcullis-attack additionalProperties,__proto__ additionalProperties'
  for (const rule of wanted.split(',')) t.true(broken.has(rule) || broken.has(` ${rule}`), rule)
})

test('a text is made for what patterns of policies look like, or none', (t) => {
  for (const pattern of [
    '^a$',
    '[^a-z]',
    '^(ab|cd){2,3}$',
    '^\\p{Lu}\\w*$',
    '^[\\w.+-]+@x\\.org$',
    '^(?:\\d{3}-)?\\d{4}$',
  ])
    t.regex(textFor(pattern), new RegExp(pattern, 'u'), pattern)
  t.throws(() => textFor('^(?=a)b$'))
  t.throws(() => textFor('^a{100000}$'))
})
