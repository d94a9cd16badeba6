/** The house rules beyond the standard: closed objects, transforms, defaults, bounds, and what an error says. */

import test from 'ava'
import { compileSchema } from '../../src/schema/compile.ts'
import { toPointer } from '../../src/schema/pointer.ts'
import type { CompileOptions, JsonSchema } from '../../src/schema/schema.ts'

const text: JsonSchema = { type: 'string' }
const closed = (...names: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, text])),
})

/** Errors as "pointer rule", in order. */
const faults = (schema: JsonSchema, value: unknown, options: CompileOptions = {}): readonly string[] =>
  (compileSchema(schema, options).check(value).errors ?? []).map(({ path, rule }) => `${toPointer(path)} ${rule}`)

const result = (schema: JsonSchema, value: unknown, options: CompileOptions = {}): unknown => {
  const checked = compileSchema(schema, options).check(value)
  return checked.errors ?? checked.value
}

test('refuses a member that the schema does not name', (t) => {
  const { errors } = compileSchema(closed('a')).check({ a: 'x', b: 'y' })
  t.deepEqual(errors, [{ path: ['b'], rule: 'additionalProperties', message: 'unknown member', allowed: ['a'] }])
  t.deepEqual(faults({ ...closed('a'), additionalProperties: true }, { a: 'x', b: 1 }), [])
  t.deepEqual(faults({ ...closed('a'), additionalProperties: { type: 'integer' } }, { b: 'y' }), ['/b type'])
})

test('names the place of a missing member', (t) => {
  const { errors } = compileSchema({ ...closed('a'), required: ['a'] }).check({})
  t.deepEqual(errors, [{ path: ['a'], rule: 'required', message: 'missing member' }])
})

test('closes the union of what stands under allOf', (t) => {
  const schema: JsonSchema = {
    ...closed('a'),
    allOf: [closed('b'), { $ref: '#/schemas/c' }, { allOf: [closed('d')], ...text, type: 'object' }],
  }
  const schemas = { c: closed('c') }
  t.deepEqual(faults(schema, { a: '', b: '', c: '', d: '' }, { schemas }), [])
  t.deepEqual([...new Set(faults(schema, { a: '', e: '' }, { schemas }))], ['/e additionalProperties'])
})

test('closes the union of a reference and what stands beside it', (t) => {
  const { accepts } = compileSchema({ $ref: '#/schemas/a', allOf: [closed('b')] }, { schemas: { a: closed('a') } })
  t.true(accepts({ a: '', b: '' }))
  t.false(accepts({ a: '', c: '' }))
})

test('lets an open branch under allOf open its siblings', (t) => {
  t.deepEqual(faults({ allOf: [closed('a'), { type: 'object', additionalProperties: true }] }, { z: 1 }), [])
})

test('keeps to the letter of additionalProperties where it is stated', (t) => {
  const schema: JsonSchema = { allOf: [{ ...closed('a'), additionalProperties: false }, closed('b')] }
  t.deepEqual(faults(schema, { b: '' }), ['/b additionalProperties'])
})

for (const choice of ['anyOf', 'oneOf'] as const) {
  test(`judges each branch of ${choice} closed by itself, with the members of its parent`, (t) => {
    const { accepts } = compileSchema({ ...closed('kind'), [choice]: [closed('a'), closed('b')] })
    t.true(accepts({ kind: 'x', a: '' }))
    t.true(accepts({ b: '' }))
    t.false(accepts({ a: '', b: '' }))
    t.false(accepts({ kind: 'x', c: '' }))
  })

  test(`does not let a sibling under allOf open the branches of ${choice}`, (t) => {
    const { accepts } = compileSchema({ allOf: [{ [choice]: [closed('a'), closed('b')] }, closed('c')] })
    t.true(accepts({ a: '', c: '' }))
    t.false(accepts({ a: '', b: '' }))
    t.false(accepts({ a: '', d: '' }))
  })
}

test('leaves objects open below not, where closing them would refuse less', (t) => {
  const both: JsonSchema = { ...closed('a', 'b'), required: ['a', 'b'] }
  const { accepts } = compileSchema({ ...closed('a', 'b', 'c'), not: both })
  t.false(accepts({ a: '', b: '', c: '' }))
  t.true(accepts({ a: '', c: '' }))
})

test('leaves objects open at any depth below not', (t) => {
  const inner: JsonSchema = { ...closed('b'), required: ['b'] }
  const outer: JsonSchema = { type: 'object', properties: { a: inner }, required: ['a'] }
  const { accepts } = compileSchema({ type: 'object', additionalProperties: true, not: outer })
  t.false(accepts({ a: { b: '', c: '' } }))
})

test('takes enum and const for a full description of an object', (t) => {
  t.true(compileSchema({ type: 'object', const: { a: 1 } }).accepts({ a: 1 }))
  t.true(compileSchema({ enum: [{ a: 1 }] }).accepts({ a: 1 }))
})

test('applies transforms in the order given, before the checks', (t) => {
  t.is(result({ type: 'string', transform: ['trim', 'uppercase'], pattern: '^A$' }, ' a '), 'A')
  t.is(result({ type: 'string', transform: ['nfc'], maxLength: 1 }, 'e\u0301'), 'é')
  t.is(result({ type: 'string', transform: ['stripControls', 'lowercase'] }, 'A\r\n\u0000\u009bB'), 'ab')
  t.is(
    result({ type: 'string', transform: ['escapeHtml'] }, `<a href="x">'&`),
    '&lt;a href=&quot;x&quot;&gt;&#39;&amp;',
  )
  t.is(result({ type: 'string', transform: ['escapeHtml', 'lowercase'] }, '<B>'), '&lt;b&gt;')
})

test('applies transforms of the branch that matches, and of no other', (t) => {
  const schema: JsonSchema = {
    anyOf: [
      { type: 'string', transform: ['uppercase'], pattern: '^A' },
      { type: 'string', transform: ['trim'] },
    ],
  }
  t.is(result(schema, 'ab'), 'AB')
  t.is(result(schema, ' x '), 'x')
  t.is(result({ oneOf: schema.anyOf ?? [] }, ' x '), 'x')
})

test('fills defaults, those of a reference and of a matching branch as well', (t) => {
  const page: JsonSchema = { type: 'integer', default: 1 }
  t.deepEqual(result({ type: 'object', properties: { page } }, {}), { page: 1 })
  t.deepEqual(result({ type: 'object', required: ['page'], properties: { page } }, {}), { page: 1 })
  t.deepEqual(result({ type: 'object', properties: { page: { $ref: '#/schemas/page' } } }, {}, { schemas: { page } }), {
    page: 1,
  })
  const branch: JsonSchema = { type: 'object', properties: { kind: { const: 'b' }, page }, required: ['kind'] }
  t.deepEqual(result({ anyOf: [closed('a'), branch] }, { kind: 'b' }), { kind: 'b', page: 1 })
})

test('does not accept what the first branch that fits would fill', (t) => {
  const filling: JsonSchema = { type: 'object', properties: { a: { type: 'integer', default: 1 } } }
  const { accepts, check } = compileSchema({ anyOf: [filling, { type: 'object', additionalProperties: true }] })
  t.false(accepts({}))
  t.deepEqual(check({}), { value: { a: 1 }, changed: true })
})

test('fills what stands inside a default', (t) => {
  const inner: JsonSchema = { type: 'object', properties: { size: { type: 'integer', default: 10 } }, default: {} }
  t.deepEqual(result({ type: 'object', properties: { inner } }, {}), { inner: { size: 10 } })
})

test('gives each result defaults of its own', (t) => {
  const { check } = compileSchema<{ tags: string[] }>({
    type: 'object',
    properties: { tags: { type: 'array', items: text, default: [] } },
  })
  const first = check({})
  if (first.errors === undefined) first.value.tags.push('mine')
  t.deepEqual(check({}), { value: { tags: [] }, changed: true })
})

test('never changes the value that came in', (t) => {
  const value = Object.freeze({ list: Object.freeze([' a ']), rest: 'x' })
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      list: { type: 'array', items: { type: 'string', transform: ['trim'] } },
      rest: text,
      more: { type: 'integer', default: 3 },
    },
  }
  t.deepEqual(compileSchema(schema).check(value), { value: { list: ['a'], rest: 'x', more: 3 }, changed: true })
  t.deepEqual(value, { list: [' a '], rest: 'x' })
})

test('takes __proto__ for a member like any other', (t) => {
  const own = JSON.parse('{"__proto__": " a "}')
  const properties = JSON.parse('{"__proto__": {"type": "string", "transform": ["trim"]}}')
  const value = result({ type: 'object', properties }, own)
  t.is(JSON.stringify(value), '{"__proto__":"a"}')
  t.is(Object.getPrototypeOf(value), Object.prototype)
  t.deepEqual(faults(closed('a'), own), ['/__proto__ additionalProperties'])
  t.deepEqual(faults({ type: 'object', required: ['__proto__', 'constructor'], additionalProperties: true }, {}), [
    '/__proto__ required',
    '/constructor required',
  ])
})

test('fills a default for a member called __proto__', (t) => {
  const properties = JSON.parse('{"__proto__": {"type": "object", "properties": {}, "default": {}}}')
  const value = result({ type: 'object', properties }, {})
  t.is(JSON.stringify(value), '{"__proto__":{}}')
})

test('judges objects without a prototype', (t) => {
  const bare = Object.assign(Object.create(null), { a: 'x' })
  t.true(compileSchema(closed('a')).accepts(bare))
})

test('stops after the errors that it was asked for', (t) => {
  const list: JsonSchema = { type: 'array', items: { type: 'integer' } }
  const value = Array.from({ length: 50 }, () => 'x')
  t.is(faults(list, value).length, 20)
  t.is(faults(list, value, { maxErrors: 3 }).length, 3)
  t.is(faults(list, value, { maxErrors: Number.POSITIVE_INFINITY }).length, 50)
})

test('walks no further once it has the errors that it was asked for', (t) => {
  let walked = 0
  const placeholder = () => {
    walked++
    return undefined
  }
  const value = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`member${index}`, index]))
  faults({ type: 'object', additionalProperties: { type: 'string' } }, value, { placeholder })
  t.is(walked, 21)
})

test('reports in the order of the value, then what it lacks', (t) => {
  const schema: JsonSchema = {
    type: 'object',
    required: ['m', 'a'],
    properties: { a: text, m: text, z: text, list: { type: 'array', items: text } },
  }
  t.deepEqual(faults(schema, { z: 1, list: ['', 2], a: 3, y: 4 }), [
    '/z type',
    '/list/1 type',
    '/a type',
    '/y additionalProperties',
    '/m required',
  ])
})

test('says what is expected before what was received, and never the value', (t) => {
  const message = (schema: JsonSchema, value: unknown): string | undefined =>
    compileSchema(schema).check(value).errors?.[0]?.message
  t.is(message({ type: 'integer' }, 'x'), 'expected an integer, received a string')
  t.is(message({ type: ['string', 'null'] }, []), 'expected a string or `null`, received a list')
  t.is(message({ type: 'string' }, undefined), 'expected a string')
  t.is(message({ type: 'string', minLength: 1 }, ''), 'expected at least 1 character')
  t.is(message({ enum: ['a', 'b', 3] }, 'c'), 'expected one of `a`, `b` or `3`')
  t.is(message({ type: 'string', const: '${value} ${path}' }, 'secret'), 'expected `${value} ${path}`')
  t.is(message({ type: 'string', format: 'email' }, 'x'), 'expected an email address')
  t.is(message({ type: 'array', items: false }, ['']), 'expected an empty list')
  t.is(message({ type: 'array', prefixItems: [text], items: false }, ['', '']), 'expected at most 1 item')
  t.is(
    message({ type: 'object', properties: { a: text, b: text }, dependentRequired: { a: ['b'] } }, { a: '' }),
    'expected `b` beside `a`',
  )
  t.is(
    message({ type: 'object', propertyNames: { type: 'string', maxLength: 1 }, additionalProperties: true }, { ab: 1 }),
    'in its name, expected at most 1 character',
  )
})

test('calls what a pattern asks for by the title of its schema', (t) => {
  const message = (schema: JsonSchema, value: unknown) => compileSchema(schema).check(value).errors?.[0]?.message
  const duration: JsonSchema = { type: 'string', pattern: '^\\d+s$', title: 'a duration', examples: ['30s', '5s'] }
  t.is(message(duration, '30'), 'expected a duration, such as `30s`')
  t.is(message({ ...duration, examples: [] }, '30'), 'expected a duration')
  t.is(message({ type: 'string', pattern: '^a', examples: ['ab'] }, 'b'), 'expected a match of `^a`')
  t.is(message({ anyOf: [duration, { const: false }] }, 30), 'expected a duration, such as `30s` or `false`')
  t.is(message(duration, 30), 'expected a string, received a number')
})

test('reports every keyword that a scalar fails', (t) => {
  t.deepEqual(faults({ type: 'string', minLength: 3, pattern: '^b', format: 'uuid' }, 'a'), [
    ' minLength',
    ' pattern',
    ' format',
  ])
})

test('reads a recursive schema to any depth that comes in', (t) => {
  const tree: JsonSchema = { type: 'object', properties: { next: { $ref: '#/schemas/tree' } } }
  const { accepts, check } = compileSchema({ $ref: '#/schemas/tree' }, { schemas: { tree } })
  const nest = (levels: number, end: unknown) => {
    let value = end
    for (let level = 0; level < levels; level++) value = { next: value }
    return value
  }
  t.true(accepts(nest(64, {})))
  t.is(check(nest(64, 5)).errors?.[0]?.path.length, 64)
  t.false(accepts(nest(100_000, {})))
  t.is(check(nest(100_000, {})).errors?.[0]?.rule, '$ref')
})

test('does not exhaust the stack where each level holds choices within choices', (t) => {
  const next: JsonSchema = { type: 'object', properties: { next: { $ref: '#/schemas/tree' } } }
  const tree: JsonSchema = { anyOf: [{ allOf: [{ oneOf: [next] }], not: { type: 'string', transform: ['trim'] } }] }
  const { accepts, check } = compileSchema({ $ref: '#/schemas/tree' }, { schemas: { tree } })
  let value: unknown = 5
  for (let level = 0; level < 1000; level++) value = { next: value }
  t.false(accepts(value))
  t.is(check(value).errors?.[0]?.rule, '$ref')
})

test('follows references between shared schemas, each `#` within its own document', (t) => {
  const schemas: Record<string, JsonSchema> = {
    tree: {
      type: 'object',
      required: ['nodes'],
      properties: { nodes: { type: 'array', items: { $ref: '#/schemas/node' } } },
    },
    node: {
      type: 'object',
      properties: {
        value: { type: 'number' },
        subtree: { $ref: '#/schemas/tree' },
        same: { $ref: '#/properties/value' },
      },
    },
  }
  const value = { nodes: [{ value: 1, same: 2, subtree: { nodes: [{ value: 1.1 }, { value: 'x' }] } }] }
  t.deepEqual(faults({ $ref: '#/schemas/tree' }, value, { schemas }), ['/nodes/0/subtree/nodes/1/value type'])
})

test('refuses to compile a reference that leads nowhere or never ends', (t) => {
  t.throws(() => compileSchema({ $ref: '#/schemas/none' }), { instanceOf: TypeError })
  t.throws(() => compileSchema({ $ref: '#' }), { instanceOf: TypeError })
})

test('tells equal items of a long list in one pass', (t) => {
  const { accepts } = compileSchema({ type: 'array', uniqueItems: true, items: true })
  const items = Array.from({ length: 50_000 }, (_, index) => [index, String(index)])
  t.true(accepts(items))
  t.false(accepts([...items, [7, '7']]))
  t.true(accepts([1, '1', true, 'true', null, 'null', [1], ['1'], {}, [], '{}', '[]']))
  t.false(accepts([0, -0]))
})

test('judges multiples of decimals by their digits', (t) => {
  const { accepts } = compileSchema({ type: 'number', multipleOf: 0.01 })
  t.deepEqual([19.99, 4.35, 1.1, 0.07, 1e300, 0].map(accepts), [true, true, true, true, true, true])
  t.deepEqual([19.999, 0.001, 1e-7].map(accepts), [false, false, false])
})
