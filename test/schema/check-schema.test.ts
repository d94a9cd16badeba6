/** What is said of a schema before it is compiled. */

import test from 'ava'
import { checkSchema } from '../../src/schema/check-schema.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { keywordRows } from '../../src/schema/keywords.ts'
import { metaSchema } from '../../src/schema/meta-schema.ts'
import { toPointer } from '../../src/schema/pointer.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'

const faults = (schema: unknown, schemas: Record<string, JsonSchema> = {}): readonly string[] =>
  checkSchema(schema, { schemas }).map(({ path, rule }) => `${toPointer(path)} ${rule}`)

test('finds nothing wrong with a schema that uses every keyword', (t) => {
  const schema: JsonSchema = {
    type: 'object',
    title: 'a',
    description: 'b',
    examples: [{ a: 1 }],
    deprecated: true,
    default: { text: 'abc' },
    required: ['text'],
    minProperties: 1,
    maxProperties: 9,
    propertyNames: { type: 'string' },
    dependentRequired: { text: ['text'] },
    additionalProperties: false,
    properties: {
      text: { type: 'string', transform: ['trim'], minLength: 1, maxLength: 9, pattern: '^a', not: { const: 'x' } },
      mail: { type: ['string', 'null'], format: 'email' },
      size: { type: 'number', minimum: 1, maximum: 9, exclusiveMinimum: 0, exclusiveMaximum: 10, multipleOf: 0.5 },
      list: { type: 'array', prefixItems: [{ enum: [1] }], items: true, minItems: 1, maxItems: 3, uniqueItems: true },
      more: { allOf: [{ anyOf: [{ type: 'string' }] }, { oneOf: [{ $ref: '#/schemas/Word' }] }] },
    },
  }
  t.deepEqual(faults(schema, { Word: { type: 'string' } }), [])
})

test('refuses unsupported keywords, and names the supported ones', (t) => {
  const [error] = checkSchema({ type: 'object', properties: { a: { type: 'string', maxlength: 3 } } })
  t.deepEqual(
    { ...error, allowed: error?.allowed?.includes('maxLength') },
    {
      path: ['properties', 'a', 'maxlength'],
      rule: 'keyword',
      message: 'unsupported keyword',
      allowed: true,
    },
  )
  t.deepEqual(faults(JSON.parse('{"type": "string", "__proto__": {}}')), ['/__proto__ keyword'])
})

test('refuses what is no schema', (t) => {
  for (const json of [true, false, null, 5, 'string', [], undefined]) t.deepEqual(faults(json), [' type'])
})

test('refuses boolean schemas but for additional members and items', (t) => {
  t.deepEqual(faults({ type: ['object', 'array'], additionalProperties: true, items: false }), [])
  t.deepEqual(faults({ type: 'object', properties: { a: true } }), ['/properties/a type'])
  t.deepEqual(faults({ allOf: [true] }), ['/allOf/0 type'])
})

const misshapen: Record<string, readonly [JsonSchema | Record<string, unknown>, string]> = {
  'a type that does not exist': [{ type: 'int' }, '/type enum'],
  'a negative length': [{ type: 'string', minLength: -1 }, '/minLength minimum'],
  'a fractional count': [{ type: 'array', minItems: 1.5 }, '/minItems type'],
  'a multiple of nothing': [{ type: 'number', multipleOf: 0 }, '/multipleOf exclusiveMinimum'],
  'a format that is not asserted': [{ type: 'string', format: 'phone' }, '/format enum'],
  'a transform that does not exist': [{ type: 'string', transform: ['strip'] }, '/transform/0 enum'],
  'an empty choice of schemas': [{ anyOf: [] }, '/anyOf minItems'],
  'a list of properties': [{ type: 'object', properties: [] }, '/properties type'],
  'a name that is required twice': [
    { type: 'object', properties: { a: { type: 'null' } }, required: ['a', 'a'] },
    '/required uniqueItems',
  ],
}
for (const [what, [schema, fault]] of Object.entries(misshapen)) {
  test(`refuses ${what}`, (t) => {
    t.deepEqual(faults(schema), [fault])
  })
}

test('asks every schema for its type', (t) => {
  t.deepEqual(faults({ type: 'object', properties: { a: { minLength: 1 }, b: {} } }), [
    '/properties/a type',
    '/properties/b type',
  ])
})

test('asks every list for its items', (t) => {
  t.deepEqual(checkSchema({ type: ['array', 'null'] }), [{ path: [], rule: 'items', message: 'expected `items`' }])
  t.deepEqual(faults({ type: 'array', prefixItems: [{ type: 'null' }] }), [' items'])
  for (const items of [true, false, { type: 'null' }] as const) t.deepEqual(faults({ type: 'array', items }), [])
  t.deepEqual(faults({ type: 'array', enum: [[1]] }), [])
  t.deepEqual(faults({ type: 'array', items: true, not: { type: 'array', minItems: 3 } }), [])
})

test('refuses references that lead nowhere', (t) => {
  const { Word } = { Word: { type: 'string' } as const }
  t.deepEqual(checkSchema({ $ref: '#/schemas/Wrod' }, { schemas: { Word } }), [
    {
      path: ['$ref'],
      rule: '$ref',
      message: 'expected a reference to a schema, received `#/schemas/Wrod`',
      allowed: ['#/schemas/Word'],
    },
  ])
  for (const $ref of [
    '',
    '#/',
    'other.json',
    'https://x/y',
    '#/schemas',
    '#/schemas/toString',
    '#/schemas/__proto__',
    '#/type',
    '#/%zz',
    '#anchor',
    '#/schemas/Word/type',
  ]) {
    t.deepEqual(faults({ type: 'string', $ref }, { Word }), ['/$ref $ref'], $ref)
  }
})

test('does not take data for a schema', (t) => {
  t.deepEqual(faults({ anyOf: [{ $ref: '#/anyOf/1/const' }, { const: { type: 'string' } }] }), ['/anyOf/0/$ref $ref'])
})

test('refuses references that lead back to themselves with the same value', (t) => {
  t.deepEqual(faults({ $ref: '#' }), ['/$ref $ref'])
  t.deepEqual(
    faults({ $ref: '#/schemas/A' }, { A: { allOf: [{ $ref: '#/schemas/B' }] }, B: { not: { $ref: '#/schemas/A' } } }),
    ['/$ref $ref'],
  )
  t.deepEqual(faults({ type: 'array', items: { $ref: '#' } }), [])
})

test('refuses schemas that aliases have tied into a knot', (t) => {
  const knot: Record<string, unknown> = { type: 'object' }
  Object.assign(knot, { properties: { a: { allOf: [knot] } } })
  t.deepEqual(faults(knot), ['/properties/a/allOf/0 $ref'])
  t.deepEqual(faults({ $ref: '#/schemas/Knot' }, { Knot: knot }), ['/$ref $ref'])
})

test('refuses data that aliases have tied into a knot', (t) => {
  const knot: unknown[] = []
  knot.push({ a: knot })
  t.deepEqual(faults({ type: 'array', items: true, const: knot }), ['/const/0/a $ref'])
  t.throws(() => compileSchema({ enum: [knot] }), { instanceOf: TypeError, message: /alias/ })
})

test('refuses schemas and data that are too deep', (t) => {
  let schema: JsonSchema = { type: 'string' }
  let data: unknown = 1
  for (let level = 0; level < 20_000; level++) [schema, data] = [{ not: schema }, [data]]
  const message = 'expected a schema of at most 128 levels'
  t.deepEqual(checkSchema(schema), [{ path: [], rule: 'complexity', message }])
  t.deepEqual(checkSchema({ const: data }), [{ path: [], rule: 'complexity', message }])
  t.throws(() => compileSchema(schema), { instanceOf: TypeError, message })
  t.deepEqual(faults({ $ref: '#/schemas/Deep' }, { Deep: schema }), ['/$ref $ref'])
})

test('measures aliases of aliases once, and refuses what they add up to', (t) => {
  let schema: JsonSchema = { type: 'string' }
  for (let level = 0; level < 60; level++) schema = { allOf: [schema, schema] }
  t.deepEqual(faults(schema), [' complexity'])
  t.throws(() => compileSchema(schema), { instanceOf: TypeError, message: /aliases/ })
})

test('refuses patterns that do not compile in Unicode mode', (t) => {
  t.deepEqual(checkSchema({ type: 'string', pattern: '(' }), [
    { path: ['pattern'], rule: 'pattern', message: 'expected a regular expression: unterminated group' },
  ])
  t.deepEqual(faults({ type: 'string', pattern: '\\p{Letter}' }), [])
  t.deepEqual(faults({ type: 'string', pattern: '\\_' }), ['/pattern pattern'])
})

test('refuses conditions that can never apply', (t) => {
  t.deepEqual(faults({ type: 'integer', transform: ['trim'] }), ['/transform transform'])
  t.deepEqual(faults({ type: 'integer', maxLength: 3 }), ['/maxLength maxLength'])
  t.deepEqual(faults({ type: 'integer', minimum: 3 }), [])
})

test('refuses a default that the schema refuses', (t) => {
  t.deepEqual(faults({ type: 'object', properties: { a: { type: 'integer', minimum: 3, default: 1 } } }), [
    '/properties/a/default default',
  ])
  t.deepEqual(
    faults(
      { type: 'object', default: { a: 1, b: 2 }, properties: { a: { $ref: '#/schemas/A' } } },
      { A: { type: 'string' } },
    ),
    ['/default/a default', '/default/b default'],
  )
})

test('leaves defaults alone where what they refer to is itself at fault', (t) => {
  t.deepEqual(faults({ $ref: '#/schemas/A', default: 1 }, { A: { type: 'string', pattern: '(' } }), [])
})

test('refuses to require a member that is not allowed', (t) => {
  const [error] = checkSchema({ type: 'object', properties: { sku: { type: 'string' } }, required: ['sku', 'skuu'] })
  t.deepEqual(error, {
    path: ['required', 1],
    rule: 'required',
    message: 'expected a member of `properties`, received `skuu`',
    allowed: ['sku'],
  })
  t.deepEqual(faults({ type: 'object', required: ['a'], additionalProperties: true }), [])
  t.deepEqual(
    faults({ type: 'object', properties: { a: { type: 'null' } }, anyOf: [{ type: 'object', required: ['a'] }] }),
    [],
  )
})

const impossible: readonly (readonly [JsonSchema, string])[] = [
  [{ type: 'integer', minimum: 3, maximum: 2 }, '/minimum'],
  [{ type: 'integer', minimum: 3, exclusiveMaximum: 3 }, '/minimum'],
  [{ type: 'number', exclusiveMinimum: 3, maximum: 3 }, '/exclusiveMinimum'],
  [{ type: 'number', exclusiveMinimum: 3, exclusiveMaximum: 3 }, '/exclusiveMinimum'],
  [{ type: 'string', minLength: 3, maxLength: 2 }, '/minLength'],
  [{ type: 'array', items: true, minItems: 3, maxItems: 2 }, '/minItems'],
  [{ type: 'array', prefixItems: [{ type: 'null' }], items: false, minItems: 2 }, '/items'],
  [{ type: 'object', additionalProperties: true, minProperties: 3, maxProperties: 2 }, '/minProperties'],
  [{ type: 'object', additionalProperties: true, required: ['a', 'b'], maxProperties: 1 }, '/maxProperties'],
  [{ type: 'object', properties: { a: { type: 'null' } }, minProperties: 2 }, '/properties'],
  [{ enum: [] }, '/enum'],
  [{ type: 'integer', enum: ['a'] }, '/enum'],
  [{ type: 'integer', const: 1.5 }, '/const'],
]
for (const [schema, path] of impossible) {
  test(`refuses what no value can satisfy: ${JSON.stringify(schema)}`, (t) => {
    t.deepEqual(faults(schema), [`${path} unsatisfiable`])
  })
}

test('reports the faults of every schema at once', (t) => {
  const schema = {
    type: 'object',
    nope: 1,
    properties: { a: { type: 'x' }, b: { type: 'array', items: { minimum: 1 } } },
  }
  t.deepEqual(faults(schema), ['/nope keyword', '/properties/a/type enum', '/properties/b/items type'])
})

test('describes schemas by a schema of the same table', (t) => {
  t.deepEqual(faults(metaSchema), [])
  t.deepEqual(
    Object.keys(metaSchema.properties ?? {}),
    keywordRows.map(([name]) => name),
  )
  const { accepts, check } = compileSchema(metaSchema)
  t.true(accepts(metaSchema))
  t.deepEqual(
    check({ type: 'object', properties: { a: { type: 'string', minLength: 'x' } } }).errors?.map(({ path }) =>
      toPointer(path),
    ),
    ['/properties/a/minLength'],
  )
})
