import test from 'ava'
import type { Fault } from '../../src/core/diagnostic.ts'
import { checkRole, roleRules } from '../../src/services/roles/check-role.ts'
import type { RoleRule } from '../../src/services/roles/rule.ts'

const checkWhen = (when: unknown, verb: 'can' | 'cannot' = 'can'): readonly Fault[] =>
  checkRole([{ [verb]: 'read', subject: 'Order', when } as RoleRule])

for (const when of [
  { a: 1, b: 'x', c: null, d: true },
  { a: '${user.id}', 'b.c': 'x-${user.id}' },
  { a: { $in: ['x', '${user.id}', null] }, b: { $nin: '${user.claims.teams}' } },
  { a: { $gt: 1, $lte: '${user.claims.max}' }, b: { $size: 0 }, c: { $all: ['x'] }, d: { $exists: true } },
  { a: { $not: { $gt: 1 } }, b: { $elemMatch: { sku: 'A', n: { $gt: 1 } } }, c: { $elemMatch: { $gt: 1 } } },
  { $or: [{ a: 1 }, { $and: [{ b: 1 }, { c: 1 }] }] },
  { a: '${env:REGION}', b: { $in: '${value:LIST}' }, c: { $size: '${env:N}' }, d: { $gt: '${env:MIN}' } },
  '${value:WHEN}',
]) {
  test(`finds no fault in ${JSON.stringify(when)}`, (t) => t.deepEqual(checkWhen(when), []))
}

const faults: readonly (readonly [unknown, string, readonly (string | number)[], RegExp, RegExp?])[] = [
  [{ a: { $regex: '^x' } }, 'roles/unknown-operator', ['a', '$regex'], /no operator `\$regex`/, /list the values/],
  [{ a: { $gtt: 1 } }, 'roles/unknown-operator', ['a', '$gtt'], /`\$gtt`/, /did you mean `\$gt`\?/],
  [{ $where: 'x' }, 'roles/unknown-operator', ['$where'], /`\$where`/],
  [{ a: { $where: 'x' } }, 'roles/unknown-operator', ['a', '$where'], /`\$where`/],
  [{ $nor: [{ a: 1 }] }, 'roles/unknown-operator', ['$nor'], /`\$nor`/, /did you mean `\$or`\?/],
  [{ a: { $gt: 1, b: 2 } }, 'roles/unknown-operator', ['a', 'b'], /`b`/],
  [{}, 'roles/operand-type', [], /expected at least one condition, got nothing/],
  [{ a: { b: 1 } }, 'roles/operand-type', ['a'], /expected a value or operators, got an object/, /`a\.b`/],
  [{ a: {} }, 'roles/operand-type', ['a'], /expected a value or operators, got nothing/],
  [{ a: [1, 2] }, 'roles/operand-type', ['a'], /expected one value, got a list/, /\$in/],
  [{ a: { $in: 'x' } }, 'roles/operand-type', ['a', '$in'], /expected a list, got a text/],
  [{ a: { $in: [] } }, 'roles/operand-type', ['a', '$in'], /expected a list, got an empty list/],
  [{ a: { $in: [1, [2]] } }, 'roles/operand-type', ['a', '$in', 1], /expected one value, got a list/],
  [
    { a: { $in: 'x-${user.id}' } },
    'roles/operand-type',
    ['a', '$in'],
    /expected a list, got a text with an expression/,
  ],
  [{ a: { $gt: true } }, 'roles/operand-type', ['a', '$gt'], /expected a number or a text, got a truth value/],
  [{ a: { $gt: null } }, 'roles/operand-type', ['a', '$gt'], /got `null`/],
  [{ a: { $size: -1 } }, 'roles/operand-type', ['a', '$size'], /expected a count, got a number/],
  [{ a: { $size: 1.5 } }, 'roles/operand-type', ['a', '$size'], /expected a count/],
  [{ a: { $exists: 'yes' } }, 'roles/operand-type', ['a', '$exists'], /expected `true` or `false`, got a text/],
  [{ a: { $not: 1 } }, 'roles/operand-type', ['a', '$not'], /expected operators, got a number/, /\$ne/],
  [{ a: { $elemMatch: 1 } }, 'roles/operand-type', ['a', '$elemMatch'], /expected at least one condition/],
  [{ $or: [] }, 'roles/operand-type', ['$or'], /expected a list of conditions, got an empty list/],
  [{ $or: [{}] }, 'roles/operand-type', ['$or', 0], /expected at least one condition/],
  [{ $or: { a: 1 } }, 'roles/operand-type', ['$or'], /expected a list of conditions, got an object/],
  [{ a: '${user.nope}' }, 'roles/invalid-expression', ['a'], /`user` has/],
  [{ a: { $in: ['${nope}'] } }, 'roles/invalid-expression', ['a', '$in', 0], /expected one of/],
  [{ $or: [{ a: '${' }] }, 'roles/invalid-expression', ['$or', 0, 'a'], /expected one of/],
  [JSON.parse('{"__proto__":1}'), 'roles/invalid-attribute', ['__proto__'], /`__proto__` is no attribute/],
  [{ 'a.constructor.b': 1 }, 'roles/invalid-attribute', ['a.constructor.b'], /is no attribute/],
  [{ 'a..b': 1 }, 'roles/invalid-attribute', ['a..b'], /is no attribute/],
  [{ 'a.$b': 1 }, 'roles/invalid-attribute', ['a.$b'], /is no attribute/],
]

for (const [when, rule, path, message, hint = /./] of faults) {
  test(`finds ${rule} in ${JSON.stringify(when)}`, (t) => {
    const [fault, ...others] = checkWhen(when)
    t.deepEqual(others, [])
    t.is(fault?.rule, rule)
    t.deepEqual(fault?.path, [0, 'when', ...path])
    t.regex(fault?.message ?? '', message)
    t.regex(fault?.hint ?? roleRules[rule]?.hint ?? '', hint)
  })
}

test('wants one of can and cannot', (t) => {
  const both = checkRole([
    { subject: 'Order' },
    { can: 'read', cannot: 'read', subject: 'Order' },
    { can: 'read', subject: 'Order' },
  ])
  t.deepEqual(
    both.map(({ rule, path, message }) => [rule, path, message]),
    [
      ['roles/can-or-cannot', [0], 'expected `can` or `cannot`, got neither'],
      ['roles/can-or-cannot', [1], 'expected `can` or `cannot`, got both'],
    ],
  )
})

for (const [verb, when] of [
  ['can', { a: { $exists: false } }],
  ['can', { a: { $not: { $exists: true } } }],
  ['cannot', { a: { $exists: true } }],
  ['cannot', { $or: [{ a: { $not: { $exists: false } } }] }],
] as const) {
  test(`warns that ${verb} gains nothing by ${JSON.stringify(when)}`, (t) =>
    t.deepEqual(
      checkWhen(when, verb).map(({ rule }) => rule),
      ['roles/never-true'],
    ))
}

test('accepts the tests for existence that can decide', (t) => {
  t.deepEqual(checkWhen({ a: { $exists: true } }, 'can'), [])
  t.deepEqual(checkWhen({ a: { $exists: false } }, 'cannot'), [])
})

test('bounds the depth of conditions', (t) => {
  let when: unknown = { a: 1 }
  for (let depth = 0; depth < 5000; depth++) when = { $and: [when] }
  t.deepEqual(
    checkWhen(when).map(({ rule }) => rule),
    ['roles/operand-type'],
  )
  let operand: unknown = { $gt: 1 }
  for (let depth = 0; depth < 5000; depth++) operand = { $not: operand }
  t.deepEqual(
    checkWhen({ a: operand }).map(({ rule }) => rule),
    ['roles/operand-type'],
  )
})

test('every fault has a rule', (t) => {
  for (const [, rule] of faults) t.truthy(roleRules[rule])
})
