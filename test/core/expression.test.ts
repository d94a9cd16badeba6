import test from 'ava'
import fc from 'fast-check'
import {
  type Expression,
  ExpressionFault,
  hasExpression,
  hasReference,
  parseExpression,
} from '../../src/core/expression.ts'
import { anonymous } from '../../src/core/principal.ts'
import { exchangeOf } from '../helpers/exchange.ts'

function parse(text: string): Expression {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault) throw new TypeError(expression.message)
  return expression
}

const claims = JSON.parse(`{
  "orgs": { "acme": ["admin", "buyer"], "other": [] }, "plan": "free", "level": 3, "vip": false, "none": null,
  "mixed": [1, {}], "nested": { "a": { "b": "deep" } }, "https://shop.example/tier": "gold", "__proto__": { "polluted": true }
}`)
const exchange = exchangeOf({
  principal: { claims },
  input: {
    params: { org: 'acme', id: 7, key: 'plan', proto: '__proto__', create: 'constructor' },
    query: { tags: ['a', 'b'], page: 2 },
    headers: { 'x-tenant': 't1' },
    body: { items: [{ sku: 'A' }], 'my-key': true, total: 12.5 },
  },
  resource: { ownerId: 'u1' },
})

for (const [text, value] of [
  ['${user.id}', 'u1'],
  ['${user.issuer}', 'shop'],
  ['${user.claims.plan}', 'free'],
  ['${user.claims.level}', 3],
  ['${user.claims.vip}', false],
  ['${user.claims.nested.a.b}', 'deep'],
  ["${user.claims['https://shop.example/tier']}", 'gold'],
  ['${user.claims.orgs[params.org]}', ['admin', 'buyer']],
  ['${user.claims.orgs.other}', []],
  ['${user.claims[params.key]}', 'free'],
  ['${params.id}', 7],
  ['${query.tags}', ['a', 'b']],
  ['${headers.X-Tenant}', 't1'],
  ["${headers['X-TENANT']}", 't1'],
  ["${body.items['0'].sku}", 'A'],
  ['${body.my-key}', true],
  ['${body.total}', 12.5],
  ['${ip}', '192.0.2.1'],
  ['${resource.ownerId}', 'u1'],
  ['user-${user.id}@${params.id}', 'user-u1@7'],
  ['$${user.id}$', '$u1$'],
  ['plain', 'plain'],
] as const) {
  test(`reads ${text}`, (t) => t.deepEqual(parse(text).read(exchange), value))
}

for (const text of [
  '${user.claims.missing}',
  '${user.claims.plan.length}',
  '${user.claims.none}',
  '${user.claims.nested}',
  '${user.claims.mixed}',
  '${user.claims.constructor}',
  '${user.claims.toString}',
  '${user.claims.__proto__}',
  '${user.claims[params.create].name}',
  '${user.claims.orgs[params.proto]}',
  '${user.claims.orgs[params.missing]}',
  '${user.claims.orgs[query.tags]}',
  '${params.hasOwnProperty}',
  '${body.__proto__}',
  '${body.items.sku}',
  'x-${user.claims.missing}',
  'x-${query.tags}',
]) {
  test(`finds no value at ${text}`, (t) => t.is(parse(text).read(exchange), undefined))
}

test('reads an own member of any name as data', (t) => {
  t.is(parse('${user.claims.__proto__.polluted}').read(exchange), true)
})

test('reads own members alone', (t) => {
  t.is(parse('${body.name}').read(exchangeOf({ input: { body: Object.create({ name: 'x' }) } })), undefined)
})

test('finds no number that JSON cannot hold', (t) => {
  t.is(parse('${body.n}').read(exchangeOf({ input: { body: { n: Number.POSITIVE_INFINITY } } })), undefined)
})

test('has no user where nobody is signed in', (t) => {
  const open = exchangeOf()
  open.principal = anonymous
  t.is(parse('${user.id}').read(open), undefined)
  t.is(parse('${user.issuer}').read(open), undefined)
  t.is(parse('by-${user.id}').read(open), undefined)
})

for (const body of [undefined, null, 'text', 3, []]) {
  test(`finds no member in a body that is ${JSON.stringify(body)}`, (t) => {
    t.is(parse('${body.name}').read(exchangeOf({ input: { body } })), undefined)
  })
}

for (const [text, message] of [
  ['${}', /^expected one of `user`, .*, not `}`$/],
  ['${', /not the end$/],
  ['${users.id}', /not `users`$/],
  ['${ user.id }', /^expected no space/],
  ['${user}', /needs a member, such as `user.name`/],
  ['${user.name}', /`user` has `id`, `issuer` and `claims.NAME`/],
  ['${user.id.x}', /`user` has/],
  ['${user.claims}', /`user` has/],
  ['${user[params.x]}', /`user` has/],
  ['${ip.x}', /`ip` has no members/],
  ['${body}', /needs a member/],
  ['${params.}', /expected a name after `.`, not `}`/],
  ['${params.id', /expected `}`, not the end/],
  ['${params.id + 1}', /expected `}`, not ` \+ 1}`/],
  ['${params.id()}', /expected `}`, not `\(\)}`/],
  ['${user.claims.orgs[params.org}', /expected `]`, not `}`/],
  ["${user.claims['']}", /expected `\['name'\]`/],
  ['${user.claims.orgs[1]}', /expected one of/],
  ['${params.größe}', /expected `}`/],
  ['${env:HOME}', /not `env`/],
  ['ok ${user.id} ${nope.x}', /not `nope`/],
] as const) {
  test(`refuses ${text}`, (t) => {
    const fault = parseExpression(text)
    t.true(fault instanceof ExpressionFault)
    t.regex((fault as ExpressionFault).message, message)
  })
}

test('bounds the depth of indexes and the length of a text', (t) => {
  const nest = (depth: number) => `\${${'params['.repeat(depth)}params.a${']'.repeat(depth)}}`
  t.false(parseExpression(nest(4)) instanceof ExpressionFault)
  t.true(parseExpression(nest(5)) instanceof ExpressionFault)
  t.true(parseExpression(nest(100_000)) instanceof ExpressionFault)
  t.true(parseExpression(`\${params${'.a'.repeat(1000)}}`) instanceof ExpressionFault)
})

test('keeps messages short, however long the text', (t) => {
  const fault = parseExpression(`\${${'é'.repeat(900)}}`)
  t.true((fault as ExpressionFault).message.length < 150)
})

for (const [text, stage] of [
  ['${ip}', 'ip'],
  ['${user.id}', 'user'],
  ['${ip}-${user.id}', 'user'],
  ['${user.claims.orgs[params.org]}', 'input'],
  ['${body.email}', 'input'],
  ['${user.claims.orgs[resource.org]}', 'resource'],
  ['plain', 'ip'],
] as const) {
  test(`${text} can be read from stage ${stage} on`, (t) => t.is(parse(text).stage, stage))
}

test('tells every path, outer ones first, with header names in lower case', (t) => {
  t.deepEqual(parse('${user.claims.orgs[params.org].x} ${headers.X-Y}').paths, [
    { root: 'user', names: ['claims', 'orgs'] },
    { root: 'params', names: ['org'] },
    { root: 'headers', names: ['x-y'] },
  ])
  t.true(parse('${ip}').single)
  t.false(parse(' ${ip}').single)
})

test('tells expressions from references that are filled in at load', (t) => {
  t.true(hasExpression('a ${user.id}'))
  t.true(hasExpression('${'))
  t.false(hasExpression('${env:HOME}'))
  t.false(hasExpression(3))
  t.true(hasReference('a ${secret:x}'))
  t.true(hasExpression('${env:A} ${user.id}') && hasReference('${env:A} ${user.id}'))
  t.false(hasReference('${user.id}'))
})

test('answers any text with an expression or a fault', (t) => {
  const piece = fc.constantFrom(
    '${',
    '}',
    '[',
    ']',
    '.',
    "'",
    'user',
    'claims',
    'params',
    'ip',
    'a',
    ' ',
    '$',
    '__proto__',
    'é',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const expression = parseExpression(pieces.join(''))
      if (!(expression instanceof ExpressionFault)) expression.read(exchange)
    }),
  )
  t.pass()
})
