import { inspect } from 'node:util'
import { subject as caslSubject, createMongoAbility } from '@casl/ability'
import test from 'ava'
import fc from 'fast-check'
import { compileRoles, type Roles } from '../../src/services/roles/roles.ts'
import type { Question, RoleRule } from '../../src/services/roles/rule.ts'
import { exchangeOf } from '../helpers/exchange.ts'

const read: Question = { action: 'read', subject: 'Order' }

interface Asked {
  readonly names?: readonly string[]
  readonly resource?: unknown
  readonly claims?: Readonly<Record<string, unknown>>
  readonly question?: Question
}

const allows = (roles: Roles, { names = ['r'], resource, claims = {}, question = read }: Asked = {}): boolean =>
  roles.refusal(question, names, exchangeOf({ principal: { claims }, resource })) === undefined

/** Whether a `can` with these conditions applies, and whether a `cannot` does. */
function applies(
  when: Readonly<Record<string, unknown>>,
  resource: unknown,
  claims = {},
): readonly [can: boolean, cannot: boolean] {
  const can = compileRoles({ r: [{ can: 'read', subject: 'Order', when }] })
  const cannot = compileRoles({
    r: [
      { can: 'manage', subject: 'all' },
      { cannot: 'read', subject: 'Order', when },
    ],
  })
  return [allows(can, { resource, claims }), !allows(cannot, { resource, claims })]
}

const HOLDS = [true, true] as const
const FAILS = [false, false] as const
/** A `can` does not apply, a `cannot` does. */
const UNKNOWN = [false, true] as const

const cases: readonly (readonly [object, unknown, readonly [boolean, boolean], object?])[] = [
  [{ a: 1 }, { a: 1 }, HOLDS],
  [{ a: 1 }, { a: 2 }, FAILS],
  [{ a: 1 }, { a: '1' }, UNKNOWN],
  [{ a: 'true' }, { a: true }, UNKNOWN],
  [{ a: 1 }, {}, UNKNOWN],
  [{ a: 1 }, undefined, UNKNOWN],
  [{ a: 1 }, null, UNKNOWN],
  [{ a: 1 }, 'text', UNKNOWN],
  [{ a: 1 }, { a: undefined }, UNKNOWN],
  [{ a: 1 }, { a: { b: 1 } }, UNKNOWN],
  [{ a: 1 }, { a: Number.NaN }, UNKNOWN],
  [{ a: 1 }, { a: 1n }, UNKNOWN],
  [{ a: 1 }, { a: new Date(0) }, UNKNOWN],
  [{ a: null }, { a: null }, HOLDS],
  [{ a: null }, { a: 1 }, FAILS],
  [{ a: null }, {}, UNKNOWN],
  [{ a: 1 }, { a: null }, FAILS],
  [{ a: 'x' }, { a: ['x', 'y'] }, HOLDS],
  [{ a: 'x' }, { a: ['y'] }, FAILS],
  [{ a: 'x' }, { a: [] }, FAILS],
  [{ a: 'x' }, { a: ['x', {}] }, UNKNOWN],
  [{ a: 1, b: 2 }, { a: 1, b: 2 }, HOLDS],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, FAILS],
  [{ a: 1, b: 2 }, { a: 9 }, UNKNOWN],
  [{ a: { $eq: 1 } }, { a: 1 }, HOLDS],
  [{ a: { $ne: 1 } }, { a: 2 }, HOLDS],
  [{ a: { $ne: 1 } }, { a: 1 }, FAILS],
  [{ a: { $ne: 1 } }, {}, UNKNOWN],
  [{ a: { $ne: 1 } }, { a: '1' }, UNKNOWN],
  [{ a: { $ne: 1 } }, { a: null }, HOLDS],
  [{ a: { $ne: 'x' } }, { a: ['x', 'y'] }, FAILS],
  [{ a: { $ne: 'x' } }, { a: [] }, HOLDS],
  [{ a: { $in: [1, 2] } }, { a: 2 }, HOLDS],
  [{ a: { $in: [1, 2] } }, { a: 3 }, FAILS],
  [{ a: { $in: [1, 2] } }, { a: '1' }, UNKNOWN],
  [{ a: { $in: ['x', 1] } }, { a: 'y' }, FAILS],
  [{ a: { $in: [null, 'x'] } }, { a: null }, HOLDS],
  [{ a: { $in: [1] } }, {}, UNKNOWN],
  [{ a: { $nin: [1, 2] } }, { a: 3 }, HOLDS],
  [{ a: { $nin: [1, 2] } }, { a: 1 }, FAILS],
  [{ a: { $nin: [1, 2] } }, {}, UNKNOWN],
  [{ a: { $nin: [1, 2] } }, { a: '3' }, UNKNOWN],
  [{ a: { $gt: 1 } }, { a: 2 }, HOLDS],
  [{ a: { $gt: 1 } }, { a: 1 }, FAILS],
  [{ a: { $gt: 1 } }, { a: '2' }, UNKNOWN],
  [{ a: { $gt: 1 } }, { a: null }, UNKNOWN],
  [{ a: { $gt: 1 } }, {}, UNKNOWN],
  [{ a: { $gte: 1, $lte: 3 } }, { a: 3 }, HOLDS],
  [{ a: { $gte: 1, $lt: 3 } }, { a: 3 }, FAILS],
  [{ a: { $lt: '2026-01-02' } }, { a: '2026-01-01' }, HOLDS],
  [{ a: { $gt: 5 } }, { a: [1, 9] }, HOLDS],
  [{ a: { $not: { $gt: 5 } } }, { a: 3 }, HOLDS],
  [{ a: { $not: { $gt: 5 } } }, { a: 9 }, FAILS],
  [{ a: { $not: { $gt: 5 } } }, {}, UNKNOWN],
  [{ a: { $not: { $gt: 5 } } }, { a: '3' }, UNKNOWN],
  [{ a: { $not: { $not: { $eq: 1 } } } }, {}, UNKNOWN],
  [{ a: { $exists: true } }, { a: 0 }, HOLDS],
  [{ a: { $exists: true } }, { a: null }, HOLDS],
  [{ a: { $exists: true } }, {}, UNKNOWN],
  [{ a: { $exists: false } }, { a: 0 }, FAILS],
  [{ a: { $exists: false } }, {}, UNKNOWN],
  [{ a: { $all: ['x', 'y'] } }, { a: ['y', 'x', 'z'] }, HOLDS],
  [{ a: { $all: ['x', 'y'] } }, { a: ['x'] }, FAILS],
  [{ a: { $all: ['x'] } }, { a: 'x' }, UNKNOWN],
  [{ a: { $all: ['x'] } }, {}, UNKNOWN],
  [{ a: { $size: 2 } }, { a: [1, 2] }, HOLDS],
  [{ a: { $size: 2 } }, { a: [] }, FAILS],
  [{ a: { $size: 2 } }, { a: 'ab' }, UNKNOWN],
  [
    { a: { $elemMatch: { sku: 'A', n: { $gt: 1 } } } },
    {
      a: [
        { sku: 'B', n: 9 },
        { sku: 'A', n: 2 },
      ],
    },
    HOLDS,
  ],
  [
    { a: { $elemMatch: { sku: 'A', n: { $gt: 1 } } } },
    {
      a: [
        { sku: 'B', n: 9 },
        { sku: 'A', n: 1 },
      ],
    },
    FAILS,
  ],
  [{ a: { $elemMatch: { sku: 'A' } } }, { a: [{ sku: 'A' }, {}] }, UNKNOWN],
  [{ a: { $elemMatch: { sku: 'A' } } }, { a: [] }, FAILS],
  [{ a: { $elemMatch: { sku: 'A' } } }, { a: { sku: 'A' } }, UNKNOWN],
  [{ a: { $elemMatch: { $gte: 3, $lt: 5 } } }, { a: [1, 4] }, HOLDS],
  [{ a: { $elemMatch: { $exists: true } } }, { a: [1] }, HOLDS],
  [{ $or: [{ a: 1 }, { b: 1 }] }, { a: 2, b: 1 }, HOLDS],
  [{ $or: [{ a: 1 }, { b: 1 }] }, { a: 2, b: 2 }, FAILS],
  [{ $or: [{ a: 1 }, { b: 1 }] }, { a: 1 }, UNKNOWN],
  [{ $and: [{ a: 1 }, { b: 1 }] }, { a: 1, b: 1 }, HOLDS],
  [{ $and: [{ a: 1 }, { b: 1 }] }, { a: 2 }, UNKNOWN],
  [{ 'a.b': 1 }, { a: { b: 1 } }, HOLDS],
  [{ 'a.b': 1 }, { a: null }, UNKNOWN],
  [{ 'a.b': 1 }, { 'a.b': 1 }, UNKNOWN],
  [{ 'a.b': 'x' }, { a: [{ b: 'y' }, { b: 'x' }] }, HOLDS],
  [{ 'a.b': { $ne: 'x' } }, { a: [{ b: 'y' }, { b: 'x' }] }, FAILS],
  [{ 'a.b': { $ne: 'x' } }, { a: [{ b: 'y' }, {}] }, UNKNOWN],
  [{ 'a.b': { $ne: 'x' } }, { a: [] }, UNKNOWN],
  [{ 'a.1.b': 'x' }, { a: [{}, { b: 'x' }] }, HOLDS],
  [{ 'a.2.b': 'x' }, { a: [] }, UNKNOWN],
  [{ 'a.length': 1 }, { a: [1] }, UNKNOWN],
  [{ constructor: { $exists: true } }, {}, UNKNOWN],
  [{ toString: { $ne: 'x' } }, {}, UNKNOWN],
  [{ 'a.__proto__.b': 1 }, { a: {} }, UNKNOWN],
  [{ a: '${user.id}' }, { a: 'u1' }, HOLDS],
  [{ a: '${user.id}' }, { a: 'u2' }, FAILS],
  [{ a: '${user.claims.org}' }, { a: 'x' }, UNKNOWN],
  [{ a: { $ne: '${user.claims.org}' } }, { a: 'x' }, UNKNOWN],
  [{ a: '${user.claims.n}' }, { a: '1' }, UNKNOWN, { n: 1 }],
  [{ a: '${user.claims.teams}' }, { a: 't' }, UNKNOWN, { teams: ['t'] }],
  [{ a: { $in: '${user.claims.teams}' } }, { a: 't' }, HOLDS, { teams: ['t'] }],
  [{ a: { $in: '${user.claims.teams}' } }, { a: 't' }, FAILS, { teams: [] }],
  [{ a: { $in: '${user.claims.teams}' } }, { a: 't' }, UNKNOWN, { teams: 't' }],
  [{ a: { $nin: '${user.claims.teams}' } }, { a: 't' }, UNKNOWN],
  [{ a: { $in: ['${user.id}', 'x'] } }, { a: 'u1' }, HOLDS],
  [{ a: { $in: ['x', '${user.claims.org}'] } }, { a: 'x' }, UNKNOWN],
  [{ a: { $nin: ['x', '${user.claims.teams}'] } }, { a: 't' }, UNKNOWN, { teams: ['t'] }],
  [{ a: { $all: '${user.claims.teams}' } }, { a: ['t'] }, UNKNOWN, { teams: [] }],
  [{ a: '${resource.b}' }, { a: 1, b: 1 }, HOLDS],
  [{ a: '${resource.b}' }, { a: 1 }, UNKNOWN],
]

for (const [when, resource, expected, claims] of cases) {
  const shown = (value: unknown) => inspect(value, { depth: 9, breakLength: Number.POSITIVE_INFINITY })
  const verb = expected === HOLDS ? 'holds for' : expected === FAILS ? 'fails for' : 'is unknown for'
  test(`${shown(when)} ${verb} ${shown(resource)}${claims ? ` with ${shown(claims)}` : ''}`, (t) => {
    t.deepEqual(applies(when as Readonly<Record<string, unknown>>, resource, claims), [...expected])
  })
}

test('reads own members alone, even from a polluted prototype', (t) => {
  t.deepEqual(applies({ a: 1 }, Object.create({ a: 1 })), [...UNKNOWN])
})

/** CASL knows plain objects only. */
const shaped = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys = Object.keys(shape) as (keyof T)[]) =>
  fc.record<T, keyof T>(shape, { noNullPrototype: true, requiredKeys })

const scalar = fc.constantFrom('x', 'y', 'z')
const count = fc.integer({ min: 0, max: 3 })
const onText = fc.oneof(
  scalar,
  shaped({ $in: fc.array(scalar, { minLength: 1 }) }),
  shaped({ $nin: fc.array(scalar, { minLength: 1 }) }),
  shaped({ $ne: scalar }),
)
const onCount = fc.oneof(
  count,
  shaped({ $gt: count, $lte: count }),
  shaped({ $ne: count }),
  shaped({ $gte: count, $lt: count }),
)
const onList = fc.oneof(
  scalar,
  shaped({ $all: fc.array(scalar, { minLength: 1 }) }),
  shaped({ $size: count }),
  shaped({ $nin: fc.array(scalar, { minLength: 1 }) }),
)
const conditions = shaped({ text: onText, count: onCount, list: onList, 'deep.text': onText, 'items.text': onText }, [])
const resources = shaped({
  text: scalar,
  count,
  list: fc.array(scalar, { minLength: 1 }),
  deep: shaped({ text: scalar }),
  items: fc.array(shaped({ text: scalar }), { minLength: 1 }),
})

test('agrees with CASL where nothing is missing', (t) => {
  fc.assert(
    fc.property(conditions, resources, (when, resource) => {
      const casl = createMongoAbility([{ action: 'read', subject: 'Order', conditions: when }]).can(
        'read',
        caslSubject('Order', { ...resource }),
      )
      t.deepEqual(applies(when, resource), [casl, casl])
    }),
    { numRuns: 300 },
  )
})

test('never allows and always forbids when one attribute that a rule reads is missing', (t) => {
  const names = ['text', 'count', 'list', 'deep', 'items'] as const
  const joined = fc.oneof(
    conditions,
    fc.array(conditions, { minLength: 1, maxLength: 3 }).map((list) => ({ $or: list })),
    fc.tuple(conditions, conditions).map(([one, other]) => ({ ...one, $or: [{ $and: [other] }] })),
  )
  fc.assert(
    fc.property(joined, resources, fc.constantFrom(...names), (when, resource, name) => {
      fc.pre(JSON.stringify(when).includes(`"${name}`))
      const { [name]: _, ...rest } = resource
      t.deepEqual(applies(when, rest), [...UNKNOWN])
    }),
    { numRuns: 300 },
  )
})

const admin: RoleRule = { can: 'manage', subject: 'all' }
const never: RoleRule = { cannot: 'read', subject: 'Order', because: 'orders are secret' }

test('lets cannot win over can in any order and from any role', (t) => {
  for (const section of [{ r: [admin, never] }, { r: [never, admin] }]) t.false(allows(compileRoles(section)))
  for (const section of [
    { a: [admin], b: [never] },
    { b: [never], a: [admin] },
  ]) {
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'a', 'b', 'unknown'],
    ])
      t.false(allows(compileRoles(section), { names }))
    t.true(allows(compileRoles(section), { names: ['a'] }))
  }
  const all: RoleRule = { cannot: 'manage', subject: 'all' }
  t.false(allows(compileRoles({ r: [all, { can: 'read', subject: 'Order' }] })))
})

test('decides alike for any order of rules, roles and names', (t) => {
  const rule: fc.Arbitrary<RoleRule> = fc
    .tuple(
      fc.constantFrom('can', 'cannot'),
      fc.constantFrom('read', 'write', 'manage'),
      fc.constantFrom('Order', 'Item', 'all'),
      fc.boolean(),
    )
    .map(
      ([verb, action, subject, own]) =>
        ({ [verb]: action, subject, ...(own && { when: { ownerId: '${user.id}' } }) }) as RoleRule,
    )
  const sets = fc.record({
    a: fc.array(rule),
    b: fc.array(rule),
    resource: fc.constantFrom({ ownerId: 'u1' }, { ownerId: 'u2' }, {}),
  })
  fc.assert(
    fc.property(sets, ({ a, b, resource }) => {
      const one = allows(compileRoles({ a, b }), { names: ['a', 'b'], resource })
      t.is(allows(compileRoles({ b: b.toReversed(), a: a.toReversed() }), { names: ['b', 'a'], resource }), one)
      t.is(allows(compileRoles({ r: [...b, ...a] }), { resource }), one)
    }),
  )
})

test('says why it refuses: the reason of the rule, or that nothing allows', (t) => {
  const roles = compileRoles({
    r: [admin, never],
    s: [{ can: 'write', subject: 'Order' }],
    q: [admin, { cannot: 'read', subject: 'Order' }],
  })
  t.is(roles.refusal(read, ['r'], exchangeOf()), 'orders are secret')
  t.is(roles.refusal(read, ['s'], exchangeOf()), 'no role of the caller allows `read` on `Order`')
  t.is(roles.refusal(read, ['q'], exchangeOf()), 'a role of the caller forbids `read` on `Order`')
})

test('refuses where there is no role, no rule, another subject or another case', (t) => {
  const roles = compileRoles({ r: [{ can: ['read', 'list'], subject: ['Item', 'Basket'] }], empty: [] })
  t.false(allows(roles))
  t.false(allows(roles, { names: [] }))
  t.false(allows(roles, { names: ['unknown', '__proto__', 'constructor', 'empty'] }))
  t.true(allows(roles, { question: { action: 'list', subject: 'Basket' } }))
  t.false(allows(roles, { question: { action: 'List', subject: 'Basket' } }))
  t.false(allows(roles, { question: { action: '__proto__', subject: 'constructor' } }))
  t.false(allows(compileRoles({}), { names: ['r'] }))
})

test('keeps roles apart whose names look alike when written together', (t) => {
  const roles = compileRoles({ '0,1': [admin], a: [], b: [], 'a,b': [admin], '0': [] })
  t.false(allows(roles, { names: ['a', 'b'] }))
  t.true(allows(roles, { names: ['a,b'] }))
  t.false(allows(roles, { names: ['a', 'b', '0'] }))
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`r${index}`, index === 12 ? [admin] : []]))
  const numbered = compileRoles(many)
  t.true(allows(numbered, { names: ['r12'] }))
  t.false(allows(numbered, { names: ['r1', 'r2'] }))
})

test('lets a can with fields reach those fields alone, and never the whole', (t) => {
  const roles = compileRoles({ r: [{ can: 'read', subject: 'Order', fields: ['id', 'address.*'] }] })
  const ask = (field?: string) => allows(roles, { question: { ...read, field } })
  t.deepEqual([undefined, 'id', 'address.city', 'address', 'idx', 'total', '(whole)'].map(ask), [
    false,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

test('lets a cannot with fields forbid those fields and the whole that holds them', (t) => {
  const roles = compileRoles({ r: [admin, { cannot: 'read', subject: 'Order', fields: 'cost' }] })
  const ask = (field?: string) => allows(roles, { question: { ...read, field } })
  t.deepEqual([undefined, 'cost', 'id'].map(ask), [false, false, true])
})

test('decides by the request at hand, not by the one before', (t) => {
  const roles = compileRoles({ r: [{ can: 'read', subject: 'Order', when: { ownerId: '${user.id}' } }] })
  for (let round = 0; round < 3; round++) {
    t.true(allows(roles, { resource: { ownerId: 'u1' } }))
    t.false(allows(roles, { resource: { ownerId: 'u2' } }))
  }
})

test('decides rightly over more sets of roles than it keeps', (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `role${index}`)
  const section = Object.fromEntries(names.map((name, index) => [name, [{ can: `act${index}`, subject: 'Order' }]]))
  const roles = compileRoles(section)
  for (let set = 0; set < 2 ** 12; set++) {
    const held = names.filter((_, index) => (set >> index) % 2 === 1)
    const allowed = allows(roles, { names: held, question: { action: 'act3', subject: 'Order' } })
    if (allowed !== held.includes('role3')) t.fail(`${held}`)
  }
  t.pass()
})
