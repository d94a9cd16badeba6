/** What the house writes for others means there what it means here. */

import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import test from 'ava'
import fc from 'fast-check'
import { compileSchema } from '../../src/schema/compile.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'
import { StandardWriter } from '../../src/schema/standard.ts'
import { schemas, shared, values } from './arbitrary.ts'

/** Without what ajv gets wrong, and without what changes a value: the standard knows no transform. */
const plain = <T>(json: T): T =>
  JSON.parse(
    JSON.stringify(json, (key, value) => (key === 'transform' || key === 'default' ? undefined : value))
      .replaceAll('"__proto__"', '"d"')
      .replaceAll('"toString"', '"e"')
      .replaceAll('1e+300', '9'),
  )

/** More shared schemas, whose surroundings make a difference. */
const all: Readonly<Record<string, JsonSchema>> = {
  ...shared,
  tree: {
    type: ['object', 'array', 'string'],
    properties: {
      a: {
        allOf: [
          { $ref: '#/schemas/tree' },
          { type: ['object', 'string'], properties: { b: { $ref: '#/schemas/word' } } },
        ],
      },
    },
    items: { $ref: '#/schemas/tree' },
    maxLength: 2,
  },
}

function judgeByAjv(schema: JsonSchema, known = all): (value: unknown) => boolean {
  const writer = new StandardWriter(known, '#/components/schemas/')
  const root = writer.write(schema)
  const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true })
  addFormats.default(ajv)
  return ajv.compile({ ...root, components: { schemas: Object.fromEntries(writer.components) } })
}

test('says in the words of the standard what the house takes for granted', (t) => {
  const several = fc.array(values, { minLength: 8, maxLength: 8 }).map(plain)
  fc.assert(
    fc.property(schemas({ own: true }).map(plain), several, (schema, samples) => {
      const { accepts } = compileSchema(schema, { schemas: all })
      const validate = judgeByAjv(schema)
      return samples.every((value) => accepts(value) === validate(value))
    }),
    { numRuns: 400 },
  )
  t.pass()
})

test('closes objects, and the union of what `allOf` describes', (t) => {
  const writer = new StandardWriter({ Base: { type: 'object', properties: { id: { type: 'string' } } } }, '#/c/')
  t.deepEqual(writer.write({ $ref: '#/schemas/Base' }), { $ref: '#/c/Base' })
  t.deepEqual(
    writer.write({ allOf: [{ $ref: '#/schemas/Base' }, { type: 'object', properties: { note: { type: 'string' } } }] }),
    {
      allOf: [
        { $ref: '#/c/Base.2' },
        { type: 'object', properties: { note: { type: 'string' } }, propertyNames: { enum: ['id', 'note'] } },
      ],
    },
  )
  t.deepEqual(Object.fromEntries(writer.components), {
    Base: { type: 'object', properties: { id: { type: 'string' } }, additionalProperties: false },
    'Base.2': { type: 'object', properties: { id: { type: 'string' } }, propertyNames: { enum: ['note', 'id'] } },
  })
})

test('leaves open what says so, and names its own keywords as extensions', (t) => {
  const writer = new StandardWriter({}, '#/c/')
  const open = { type: 'object', additionalProperties: { type: 'string', transform: ['trim'] } } as const
  t.deepEqual(writer.write(open), {
    type: 'object',
    additionalProperties: { type: 'string', 'x-transform': ['trim'] },
  })
})

test('gives references into a document a component of their own, and names fit for one', (t) => {
  const schemas: Readonly<Record<string, JsonSchema>> = {
    'Größe/x': { type: 'object', properties: { child: { $ref: '#' }, size: { type: 'integer' } } },
  }
  const writer = new StandardWriter(schemas, '#/components/schemas/')
  t.deepEqual(writer.write({ $ref: '#/schemas/Gr%C3%B6%C3%9Fe~1x' }), { $ref: '#/components/schemas/Gr__e_x' })
  t.deepEqual(writer.write({ $ref: '#/schemas/Gr%C3%B6%C3%9Fe~1x/properties/size' }), {
    $ref: '#/components/schemas/Gr__e_x.Part',
  })
  const list = { type: 'object', properties: { next: { $ref: '#' } } } as const
  t.deepEqual(writer.write(list), {
    type: 'object',
    properties: { next: { $ref: '#/components/schemas/Inline' } },
    additionalProperties: false,
  })
  t.true(judgeByAjv(list, schemas)({ next: { next: {} } }))
  t.false(judgeByAjv(list, schemas)({ next: { nxt: {} } }))
})

test('keeps a member named `__proto__` a member', (t) => {
  const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as JsonSchema
  t.is(
    JSON.stringify(new StandardWriter({}, '#').write(schema)),
    '{"type":"object","properties":{"__proto__":{"type":"string"}},"additionalProperties":false}',
  )
})
