/** How much work a value and a schema can make: it grows with their size, never with a power of their depth. */

import { Ajv2020 } from 'ajv/dist/2020.js'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { checkSchema } from '../../src/schema/check-schema.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import type { CompileOptions, JsonSchema } from '../../src/schema/schema.ts'

type Schemas = Readonly<Record<string, JsonSchema>>

const reference = (name: string): JsonSchema => ({ $ref: `#/schemas/${name}` })
const group = (op: string): JsonSchema => ({
  type: 'object',
  properties: { of: { type: 'array', items: reference('Filter') }, op: { const: op } },
  required: ['op', 'of'],
})
const field = (text: JsonSchema): JsonSchema => ({ type: 'object', properties: { field: text }, required: ['field'] })
const filters = (text: JsonSchema = { type: 'string' }): Schemas => ({
  Filter: { oneOf: [group('and'), group('or'), field(text)] },
})

/** A filter of so many levels, `width` of them side by side in each. */
const nest = (levels: number, leaf: unknown, width = 1): unknown =>
  levels === 0 ? leaf : { op: levels % 2 ? 'or' : 'and', of: Array(width).fill(nest(levels - 1, leaf, width)) }

const compile = (name: string, schemas: Schemas, options: CompileOptions = {}) =>
  compileSchema(reference(name), { ...options, schemas })

/** Exponential work takes hours here, so that a bound far above the usual time tells it without fail. */
function inTime<T>(t: ExecutionContext, step: () => T): T {
  const start = performance.now()
  const result = step()
  const spent = performance.now() - start
  t.true(spent < 5000, `${spent} ms`)
  return result
}

const modes: Record<string, CompileOptions> = {
  '': {},
  ', strings read': { readStrings: true },
  ', with every error': { maxErrors: Number.POSITIVE_INFINITY },
  ', with placeholders': { placeholder: () => undefined },
}
for (const [mode, options] of Object.entries(modes)) {
  test(`judges a union that is recursive in two branches level by level${mode}`, (t) => {
    const { accepts, check } = compile('Filter', filters(), options)
    inTime(t, () => {
      t.true(accepts(nest(60, { field: 'x' })))
      t.deepEqual(check(nest(60, { field: 'x' })).errors, undefined)
      t.false(accepts(nest(60, { field: 5 })))
      t.is(check(nest(60, { field: 5 })).errors?.[0]?.path.length, 121)
    })
  })
}

test('changes a value in a union that is recursive in two branches', (t) => {
  const { accepts, check } = compile('Filter', filters({ type: 'string', transform: ['trim'] }))
  inTime(t, () => {
    t.false(accepts(nest(60, { field: ' x ' })))
    t.deepEqual(check(nest(60, { field: ' x ' })), { value: nest(60, { field: 'x' }), changed: true })
  })
})

test('judges what is wide and deep', (t) => {
  const { accepts, check } = compile('Filter', filters())
  inTime(t, () => {
    t.true(accepts(JSON.parse(JSON.stringify(nest(4, { field: 'x' }, 8)))))
    const { errors = [] } = check(JSON.parse(JSON.stringify(nest(4, { field: 5 }, 8))))
    t.is(errors.length, 20)
    t.deepEqual(errors.at(-1)?.path, ['of', 0, 'of', 0, 'of', 2, 'of', 3, 'field'])
  })
})

test('reports each place of a value that stands in many', (t) => {
  const leaf = { field: 5 }
  const { errors = [] } = compile('Filter', filters(), { maxErrors: 5000 }).check(nest(3, leaf, 9))
  t.is(new Set(errors.map(({ path }) => path.join())).size, 729)
})

test('reports all errors of a text that was judged as a name before', (t) => {
  const Word: JsonSchema = { type: 'string', maxLength: 2, pattern: '^x' }
  const values: JsonSchema = { type: 'string', ...reference('Word'), not: { const: 'x' } }
  const { check } = compileSchema(
    { type: 'array', items: { type: 'object', propertyNames: reference('Word'), additionalProperties: values } },
    { schemas: { Word }, maxErrors: 5000 },
  )
  const { errors } = check(Array.from({ length: 300 }, () => ({ word: 'word' })))
  t.is(errors?.length, 900)
})

test('remembers nothing of a value once it is judged', (t) => {
  const { accepts } = compile('Filter', filters())
  const last = { field: 'x' as unknown }
  const value = { op: 'and', of: [...Array.from({ length: 1000 }, () => ({ field: 'x' })), last] }
  t.true(accepts(value))
  last.field = 5
  t.false(accepts(value))
})

test('judges choices within choices once, where a branch changes the value', (t) => {
  let schema: JsonSchema = { type: 'string', transform: ['trim'], maxLength: 1 }
  for (let level = 0; level < 30; level++) schema = { anyOf: [{ not: { not: schema } }, { const: level }] }
  inTime(t, () => {
    const { accepts, check } = compileSchema(schema)
    t.false(accepts('too long'))
    t.not(check('too long').errors, undefined)
  })
})

const leaf: JsonSchema = { type: ['integer', 'object'], properties: { a: { type: 'integer' } } }

/** Every schema names the next one twice. */
const doubling = (wrap: (next: JsonSchema) => JsonSchema): Schemas =>
  Object.fromEntries(
    Array.from({ length: 61 }, (_, level) => [`S${level}`, level < 60 ? wrap(reference(`S${level + 1}`)) : leaf]),
  )

for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
  test(`follows references that double under ${keyword} once`, (t) => {
    const schemas = doubling((next) => ({ [keyword]: [next, next] }))
    inTime(t, () => {
      t.deepEqual(checkSchema(reference('S0'), { schemas }), [])
      const { accepts, check } = compile('S0', schemas)
      t.deepEqual([5, { a: 5 }].map(accepts), [keyword !== 'oneOf', keyword !== 'oneOf'])
      for (const value of ['x', { a: 'x' }, { b: 1 }]) t.not(check(value).errors, undefined)
    })
  })
}

test('compiles references that double in members once', (t) => {
  const schemas = doubling((next) => ({ type: 'object', properties: { left: next, right: next } }))
  inTime(t, () => {
    t.deepEqual(checkSchema(reference('S0'), { schemas }), [])
    t.true(compile('S0', schemas).accepts({ left: { right: {} }, right: {} }))
  })
})

test('refuses a schema that means another thing on each of very many ways', (t) => {
  const member = (name: string, next: JsonSchema): JsonSchema => ({
    type: 'object',
    properties: { [name]: { type: 'null' } },
    ...next,
  })
  const schemas = doubling((next) => {
    const name = next.$ref?.slice(-2)
    return { anyOf: [member(`a${name}`, next), member(`b${name}`, next)] }
  })
  inTime(t, () => {
    t.deepEqual(
      checkSchema(reference('S0'), { schemas }).map(({ path, rule }) => [path, rule]),
      [[[], 'complexity']],
    )
    t.throws(() => compile('S0', schemas), { instanceOf: TypeError, message: /parts/ })
  })
})

test('compiles a long chain of references without exhausting the stack', (t) => {
  const chain = (wrap: (next: JsonSchema) => JsonSchema): Schemas =>
    Object.fromEntries(
      Array.from({ length: 3001 }, (_, at) => [`S${at}`, at < 3000 ? wrap(reference(`S${at + 1}`)) : leaf]),
    )
  const long = chain((next) => ({ type: 'object', properties: { next } }))
  t.deepEqual(checkSchema(reference('S0'), { schemas: long }), [])
  t.true(compile('S0', long).accepts({ next: { next: {} } }))
  const inPlace = chain((next) => ({ allOf: [next] }))
  t.deepEqual(
    checkSchema(reference('S0'), { schemas: inPlace }).map(({ rule }) => rule),
    ['$ref'],
  )
})

test('ends on defaults that fill themselves without end', (t) => {
  const schema: JsonSchema = {
    type: 'object',
    properties: { left: { $ref: '#', default: {} }, right: { $ref: '#', default: {} } },
  }
  inTime(t, () => {
    t.deepEqual(
      checkSchema(schema).map(({ rule }) => rule),
      ['default', 'default'],
    )
    t.is(compileSchema(schema).check({}).errors?.[0]?.rule, '$ref')
  })
})

test('refuses a value below `not` that is too deep to judge', (t) => {
  const tree: JsonSchema = { type: 'array', items: { $ref: '#/schemas/Tree' } }
  const { accepts, check } = compileSchema({ not: reference('Tree') }, { schemas: { Tree: tree } })
  let value: unknown = []
  for (let level = 0; level < 5000; level++) value = [value]
  t.false(accepts(value))
  t.deepEqual(check(value).errors, [{ path: [], rule: '$ref', message: 'expected fewer than 1024 levels of schemas' }])
  t.false(accepts([]))
  t.true(accepts(5))
})

test('refuses a value that takes too much work', (t) => {
  const { accepts, check } = compileSchema(
    { type: 'array', items: reference('Any') },
    { schemas: { Any: { type: 'null' } } },
  )
  t.true(accepts(Array(1_000_000).fill(null)))
  t.false(accepts(Array(1_000_001).fill(null)))
  t.deepEqual(check(Array(1_000_001).fill(null)).errors, [
    { path: [], rule: 'complexity', message: 'expected a value that takes less work to judge' },
  ])
  t.true(accepts([null]))
})

const keys = ['a', 'b', 'c']
/** Schemas that lead to each other from many places, deep values of few names: both meet often. */
const recursive = fc.letrec<{ schema: JsonSchema }>((tie) => {
  const name = fc.constantFrom('A', 'B')
  const object = fc
    .record({
      properties: fc.dictionary(fc.constantFrom(...keys), tie('schema'), { maxKeys: 3 }),
      required: fc.subarray(keys, { maxLength: 1 }),
    })
    .map((shape) => ({ type: 'object', additionalProperties: true, ...shape }) as const)
  const list = tie('schema').map(
    (items) => ({ type: ['array', 'integer'], items, additionalProperties: true }) as const,
  )
  const branches = fc.array(tie('schema'), { minLength: 2, maxLength: 3 })
  return {
    schema: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      name.map(reference),
      fc.constantFrom<JsonSchema>({ type: 'integer' }, { const: 'x' }),
      object,
      list,
      fc.record({ oneOf: branches }),
      fc.record({ anyOf: branches }),
      fc.record({ allOf: branches }),
      fc.record({ not: tie('schema') }),
    ),
  }
}).schema
const documents = fc.record({ A: recursive, B: recursive })
const deepValues = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, depthSize: 'max' },
    fc.constantFrom(1, 'x', -0),
    fc.array(tie('value'), { minLength: 1, maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { minKeys: 1, maxKeys: 2 }),
  ),
})).value

const areSound = (schemas: Schemas): boolean =>
  Object.values(schemas).every((schema) => checkSchema(schema, { schemas }).length === 0)

/** The same value over and over, so that each comes after answers began to be kept, as well as before. */
const crowd = (value: unknown): unknown => Array(300).fill(value)

test('agrees with ajv on recursive schemas, alone and in a crowd', (t) => {
  fc.assert(
    fc.property(documents, fc.array(deepValues, { minLength: 4, maxLength: 4 }), (schemas, samples) => {
      const many: JsonSchema = { type: 'array', items: { anyOf: [reference('A'), reference('B'), { const: 'y' }] } }
      fc.pre(areSound({ ...schemas, many }))
      const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true })
      const validate = ajv.compile({ ...many, schemas })
      const { accepts, check } = compileSchema(many, { schemas })
      return samples.every((value) => {
        const expected = validate([value])
        const verdicts = [[value], crowd(value)].flatMap((list) => [accepts(list), check(list).errors === undefined])
        return verdicts.every((verdict) => verdict === expected)
      })
    }),
    { numRuns: 100 },
  )
  t.pass()
})

test('reports the same of a value alone and in a crowd', (t) => {
  fc.assert(
    fc.property(documents, deepValues, fc.constantFrom(1, 20, 100_000), (schemas, value, maxErrors) => {
      fc.pre(areSound(schemas))
      const { check } = compile('A', schemas, { maxErrors: 100_000 })
      const many: JsonSchema = { type: 'array', prefixItems: [reference('A')], items: reference('A') }
      const list = compileSchema(many, { schemas, maxErrors })
      const alone = check(value).errors ?? []
      const crowded = list.check(crowd(value)).errors ?? []
      t.is(crowded.length, Math.min(maxErrors, 300 * alone.length))
    }),
    { numRuns: 50 },
  )
  t.pass()
})
