/** Strings of parameters, queries, headers and cookies, read as the declared type; and values that stand for others. */

import test from 'ava'
import { compileSchema } from '../../src/schema/compile.ts'
import type { CompileOptions, JsonSchema, JsonType } from '../../src/schema/schema.ts'

const refused = Symbol('refused')
const read = (schema: JsonSchema, value: unknown, options: CompileOptions = { readStrings: true }): unknown => {
  const checked = compileSchema(schema, options).check(value)
  return checked.errors ? refused : checked.value
}
const as = (type: JsonType | readonly JsonType[]) => (value: unknown) => read({ type }, value)

test('reads the numbers of JSON', (t) => {
  t.deepEqual(
    ['0', '-1', '1.5', '1e3', '-0.5E-1', '9007199254740991'].map(as('number')),
    [0, -1, 1.5, 1000, -0.05, 9007199254740991],
  )
  t.deepEqual(['1.0', '1e2'].map(as('integer')), [1, 100])
})

for (const spelling of [
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '.5',
  '1.',
  '0x10',
  '1e',
  '1_0',
  '١',
  'NaN',
  'Infinity',
  '1e999',
  '9007199254740993',
  '-1e400',
  '1,5',
]) {
  test(`refuses the number \`${spelling}\``, (t) => {
    t.is(as('number')(spelling), refused)
  })
}

test('refuses a fraction for an integer', (t) => {
  t.is(as('integer')('1.5'), refused)
})

test('reads true and false, in these letters only', (t) => {
  t.deepEqual(['true', 'false'].map(as('boolean')), [true, false])
  t.deepEqual(['True', '1', 'yes', ''].map(as('boolean')), [refused, refused, refused, refused])
})

test('reads null only where it is declared', (t) => {
  t.is(as(['integer', 'null'])('null'), null)
  t.is(as('integer')('null'), refused)
  t.deepEqual(as('array')('null'), ['null'])
})

test('keeps a string where a string is declared', (t) => {
  t.deepEqual(['5', 'true', 'null'].map(as(['string', 'integer', 'boolean', 'null', 'array'])), ['5', 'true', 'null'])
})

test('reads a single string as a list of one where a list is declared', (t) => {
  const list: JsonSchema = { type: 'array', items: { type: 'integer' } }
  t.deepEqual(read(list, '5'), [5])
  t.deepEqual(read(list, ['5', '6']), [5, 6])
  t.is(read({ type: 'integer' }, ['5']), refused)
})

test('reads as the type of an enum or a constant', (t) => {
  t.is(read({ enum: [10, 20] }, '20'), 20)
  t.is(read({ enum: [10, '20'] }, '20'), '20')
  t.is(read({ const: true }, 'true'), true)
  t.is(read({ enum: [10, 20] }, '30'), refused)
})

test('reads through references and choices before it judges', (t) => {
  const schemas: Record<string, JsonSchema> = { page: { type: 'integer', minimum: 1 } }
  const options = { readStrings: true, schemas }
  t.is(read({ $ref: '#/schemas/page', maximum: 5 }, '3', options), 3)
  t.is(read({ $ref: '#/schemas/page', maximum: 5 }, '6', options), refused)
  t.is(read({ anyOf: [{ type: 'boolean' }, { $ref: '#/schemas/page' }] }, '2', options), 2)
})

test('does not read again what a schema around it has read', (t) => {
  t.is(read({ type: 'string', allOf: [{ type: 'integer' }] }, '5'), refused)
  t.is(read({ type: 'string', not: { type: 'integer' } }, '5'), '5')
  t.is(read({ type: 'integer', not: { const: 5 } }, '5'), refused)
})

test('leaves strings alone unless it is told to read them', (t) => {
  t.is(read({ type: 'integer' }, '5', {}), refused)
})

test('tells that reading has changed the value', (t) => {
  const { check, accepts } = compileSchema(
    { type: 'object', properties: { page: { type: 'integer' } } },
    { readStrings: true },
  )
  t.deepEqual(check({ page: '2' }), { value: { page: 2 }, changed: true })
  t.false(accepts({ page: '2' }))
  t.deepEqual(check({}), { value: {}, changed: false })
})

const placeholder = (value: unknown): string | true | undefined => {
  if (typeof value !== 'string' || !value.startsWith('${')) return undefined
  return value.startsWith('${secret:') ? true : value.slice(2, -1)
}

test('lets a placeholder fit every schema, as it is', (t) => {
  const schema: JsonSchema = {
    type: 'object',
    properties: { key: { type: 'string', minLength: 64 }, port: { type: 'integer' } },
  }
  const value = { key: '${secret:a}', port: '${secret:b}' }
  const { check, accepts } = compileSchema(schema, { placeholder })
  t.deepEqual(check(value), { value, changed: false })
  t.true(accepts(value))
})

test('puts what a placeholder stands for in its place, read as the declared type', (t) => {
  const port: JsonSchema = { type: 'integer', maximum: 65_535 }
  const schema: JsonSchema = {
    type: 'object',
    properties: { port, name: { type: 'string' } },
    additionalProperties: true,
  }
  const { check } = compileSchema(schema, { placeholder })
  t.deepEqual(check({ port: '${8080}', name: '${8080}', other: ['${x}', { deep: '${y}' }] }), {
    value: { port: 8080, name: '8080', other: ['x', { deep: 'y' }] },
    changed: true,
  })
  t.is(check({ port: '${99999}' }).errors?.[0]?.rule, 'maximum')
  t.is(check({ port: '8080' }).errors?.[0]?.rule, 'type')
})

test('does not look for placeholders in what a placeholder stands for', (t) => {
  const nested: JsonSchema = { type: 'string', anyOf: [{ type: 'string' }] }
  t.is(read(nested, '${${x}}', { placeholder }), '${x}')
})
