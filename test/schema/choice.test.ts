/** What is said where no branch of `anyOf` or `oneOf` fits. */

import test from 'ava'
import { array, boolean, integer, literal, object, string, union, word } from '../../src/schema/builder.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { toPointer } from '../../src/schema/pointer.ts'
import type { SchemaError } from '../../src/schema/schema.ts'

const authenticate = union([
  word(['public', 'jwt']),
  object({ jwt: object({ 'issuers?': array(string()) }) }),
  object({ signature: object({ header: string() }) }),
  array(string()),
])
const { check } = compileSchema(authenticate)
const faults = (errors: readonly SchemaError[] | undefined) =>
  errors?.map(({ path, rule, message }) => `${toPointer(path)} ${rule}: ${message}`)

test('reports the errors of the only branch of that type', (t) => {
  t.deepEqual(faults(check(['x', 5]).errors), ['/1 type: expected a string, received a number'])
  t.deepEqual(check('jwtt').errors, [
    { path: [], rule: 'enum', message: 'expected `public` or `jwt`', allowed: ['public', 'jwt'] },
  ])
})

test('lists what is expected where no branch is of that type', (t) => {
  t.deepEqual(check(5).errors, [
    {
      path: [],
      rule: 'anyOf',
      message: 'expected one of `public`, `jwt`, an object with `jwt`, an object with `signature` or a list',
      allowed: ['public', 'jwt'],
    },
  ])
})

test('reports the errors of the branch whose required members are there', (t) => {
  t.deepEqual(faults(check({ jwt: { issuers: 5 } }).errors), ['/jwt/issuers type: expected a list, received a number'])
})

test('names members that no branch knows', (t) => {
  t.deepEqual(check({ jwtt: {} }).errors, [
    { path: ['jwtt'], rule: 'additionalProperties', message: 'unknown member', allowed: ['jwt', 'signature'] },
  ])
})

test('does not take a member of the parent for unknown', (t) => {
  const [a, b] = [object({ a: string() }).json, object({ b: string() }).json]
  const { check } = compileSchema({ ...object({ kind: string() }).json, anyOf: [a, b] })
  t.deepEqual(check({ kind: 'x' }).errors, [
    { path: [], rule: 'anyOf', message: 'expected an object with `a` or an object with `b`' },
  ])
  t.deepEqual(faults(check({ kind: 'x', c: 1 }).errors?.slice(0, 1)), ['/c additionalProperties: unknown member'])
})

test('reports what is wrong by every branch', (t) => {
  const schema = union([object({ a: string(), x: integer() }), object({ b: string(), x: integer() })])
  t.deepEqual(faults(compileSchema(schema).check({ x: 'no' }).errors), [
    '/x type: expected an integer, received a string',
  ])
})

test('reports the errors of the branch that a constant names', (t) => {
  const shape = union([
    object({ kind: literal('circle'), radius: integer() }),
    object({ kind: literal('square'), side: integer() }),
  ])
  t.deepEqual(faults(compileSchema(shape).check({ kind: 'square', side: 'x' }).errors), [
    '/side type: expected an integer, received a string',
  ])
})

test('goes by a constant before it goes by required members', (t) => {
  const shape = union([
    object({ kind: literal('circle'), 'radius?': integer() }),
    object({ kind: literal('square'), 'side?': integer() }),
  ])
  t.deepEqual(faults(compileSchema(shape).check({ kind: 'square', radius: 1 }).errors), [
    '/radius additionalProperties: unknown member',
  ])
})

test('says so where more than one branch of oneOf fits', (t) => {
  const { errors } = compileSchema({ oneOf: [integer().json, { type: 'number' }] }).check(3)
  t.deepEqual(errors, [{ path: [], rule: 'oneOf', message: 'expected one shape to fit, received a fit of 2' }])
})

test('sees the type of a branch through references and nested choices', (t) => {
  const schemas = { Flag: boolean().json, Words: { anyOf: [word(['a', 'b']).json, { $ref: '#/schemas/Flag' }] } }
  const schema = compileSchema({ anyOf: [{ $ref: '#/schemas/Words' }, integer({ minimum: 3 }).json] }, { schemas })
  t.deepEqual(faults(schema.check(1).errors), [' minimum: expected 3 or more'])
  t.deepEqual(faults(schema.check([]).errors), [' anyOf: expected one of `a`, `b`, a boolean or an integer'])
})

test('stays fast where choices nest and none fits', (t) => {
  const tree = union([array({ json: { $ref: '#' } }), object({ not: { json: { $ref: '#' } } }), string()]).json
  let value: unknown = 5
  for (let level = 0; level < 60; level++) value = level % 2 ? [value] : { not: value }
  t.is(compileSchema(tree).check(value).errors?.[0]?.path.length, 60)
})
