import test from 'ava'
import fc from 'fast-check'
import { compileMapping } from '../../../src/services/keys/claim-mapping.ts'

const plain = compileMapping({}, 'https://login.example/')
const scopesOf = (claims: object) => plain({ sub: 'u1', ...claims })?.scopes

test('makes a principal of sub and the issuer', (t) => {
  t.deepEqual(plain({ sub: 'u1' }), {
    id: 'u1',
    issuer: 'https://login.example/',
    scopes: [],
    roles: [],
    claims: { sub: 'u1' },
  })
})

test('reads scopes as text or list, under each of their usual names', (t) => {
  for (const name of ['scope', 'scopes', 'scp']) {
    t.deepEqual(scopesOf({ [name]: 'a b:c' }), ['a', 'b:c'])
    t.deepEqual(scopesOf({ [name]: ['a', 'b:c'] }), ['a', 'b:c'])
  }
  t.deepEqual(scopesOf({ scope: '' }), [])
  t.deepEqual(scopesOf({ scope: 'a', scp: ['admin'] }), ['a'])
})

test('takes null for nothing', (t) => {
  t.deepEqual(scopesOf({ scope: null }), [])
  t.deepEqual(plain({ sub: 'u1', roles: null })?.roles, [])
})

test('refuses scopes that would read differently elsewhere', (t) => {
  const bad = [
    ['a b'],
    [['admin']],
    [1],
    ['a', null],
    { 0: 'admin' },
    1,
    true,
    'a\tb',
    'a\nb',
    'a "b"',
    ['é'],
    [''],
    'a\u00a0b',
    'a\u2028b',
  ]
  for (const scope of bad) t.is(scopesOf({ scope }), undefined, JSON.stringify(scope))
})

test('refuses a principal without a usable id', (t) => {
  for (const sub of [undefined, '', 1, null, ['u1'], 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(256)])
    t.is(plain({ sub }), undefined)
  t.is(plain({ sub: 'José 日本' })?.id, 'José 日本')
})

test('reads roles as list or one word, and refuses any other shape', (t) => {
  t.deepEqual(plain({ sub: 'u1', roles: ['a', 'b c'] })?.roles, ['a', 'b c'])
  t.deepEqual(plain({ sub: 'u1', roles: 'a b' })?.roles, ['a b'])
  for (const roles of [[['admin']], [1], {}, [''], ['a\nb']]) t.is(plain({ sub: 'u1', roles }), undefined)
})

test('maps by name and by JSON Pointer', (t) => {
  const read = compileMapping(
    { id: 'uid', roles: '/realm_access/roles', scopes: '/a~1b/~0c/0', plan: 'https://shop.example/plan' },
    'i',
  )
  const principal = read({
    uid: 'u9',
    realm_access: { roles: ['admin'] },
    'a/b': { '~c': ['x y'] },
    'https://shop.example/plan': 'pro',
  })
  t.is(principal?.id, 'u9')
  t.deepEqual(principal?.roles, ['admin'])
  t.deepEqual(principal?.scopes, ['x', 'y'])
  t.is(principal?.claims.plan, 'pro')
})

test('reads own members only', (t) => {
  for (const id of ['constructor', '/constructor/name', '/__proto__/x', 'toString', '/sub/length']) {
    t.is(compileMapping({ id }, 'i')({ sub: 'u1' }), undefined, id)
  }
})

test('maps no name to what claims inherit', (t) => {
  for (const path of ['constructor', '/__proto__', 'hasOwnProperty']) {
    t.deepEqual(compileMapping({ plan: path }, 'i')({ sub: 'u1' })?.claims, { sub: 'u1' })
  }
})

test('lets a mapped name mean the mapped claim and no other', (t) => {
  const read = compileMapping({ plan: '/app/plan' }, 'i')
  t.deepEqual(read({ sub: 'u1', plan: 'pro' })?.claims, { sub: 'u1' })
  t.is(read({ sub: 'u1', plan: 'pro', app: { plan: 'free' } })?.claims.plan, 'free')
})

test('keeps a claim named __proto__ as data', (t) => {
  const claims = JSON.parse('{"sub":"u1","__proto__":{"admin":true}}')
  for (const mapping of [{}, { plan: 'plan' }] as const) {
    const found = compileMapping(mapping, 'i')(claims)?.claims
    t.true(Object.hasOwn(found ?? {}, '__proto__'))
    t.is(found?.admin, undefined)
  }
})

test('freezes the principal all the way down', (t) => {
  const principal = plain({ sub: 'u1', scope: ['a'], roles: ['b'], deep: { list: [{ a: 1 }] } })
  const deep = principal?.claims.deep as { list: { a: number }[] }
  for (const part of [
    principal,
    principal?.scopes,
    principal?.roles,
    principal?.claims,
    deep,
    deep.list,
    deep.list[0],
  ]) {
    t.true(Object.isFrozen(part))
  }
})

test('never throws, whatever the claims hold', (t) => {
  const mapped = compileMapping({ id: '/a/b', roles: '/c', plan: 'd' }, 'i')
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
      plain(claims)
      mapped(claims)
      return true
    }),
  )
  t.pass()
})
