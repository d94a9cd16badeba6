import test from 'ava'
import { anonymous } from '../../src/core/principal.ts'
import { scopes } from '../../src/guards/scopes.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { siteOf } from '../helpers/guard-host.ts'

async function judge(block: Parameters<typeof scopes.compile>[0], granted: readonly string[]) {
  const { steps = [] } = await scopes.compile(block, siteOf(), {} as Services)
  return steps[0]?.decide(exchangeOf({ principal: { scopes: granted } }))
}

test('asks for all scopes of a list', async (t) => {
  t.is(await judge(['a', 'b'], ['b', 'x', 'a']), undefined)
  for (const granted of [[], ['a'], ['b'], ['a b'], ['a,b']]) {
    t.like(await judge(['a', 'b'], granted), { code: 'scope_missing', status: 403 })
  }
})

test('asks for one scope of `any`', async (t) => {
  t.is(await judge({ any: ['a', 'b'] }, ['b']), undefined)
  t.like(await judge({ any: ['a', 'b'] }, ['c']), { code: 'scope_missing' })
})

test('compares scopes whole and case-sensitive', async (t) => {
  for (const granted of [
    'orders',
    'orders:',
    'orders:rea',
    'orders:readx',
    'Orders:read',
    'orders:*',
    '*',
    'orders:read ',
    'orders:read\u200b',
  ]) {
    t.like(await judge(['orders:read'], [granted]), { code: 'scope_missing' }, granted)
  }
})

test('tells which scopes to ask for', async (t) => {
  const denial = await judge(['a', 'b:c', 'a'], [])
  t.deepEqual(denial?.headers, ['WWW-Authenticate', 'Bearer error="insufficient_scope", scope="a b:c"'])
})

test('asks a caller without a token for one, and tells no error', async (t) => {
  for (const block of [['a'], { any: ['a'] }]) {
    const { steps = [] } = await scopes.compile(block, siteOf(), {} as Services)
    const denial = await steps[0]?.decide(exchangeOf({ principal: anonymous }))
    t.like(denial, { code: 'token_missing', status: 401, headers: ['WWW-Authenticate', 'Bearer'] })
  }
})

test('accepts scope tokens alone', (t) => {
  const shape = compileSchema(scopes.schema)
  for (const block of [['a'], { any: ['a', 'https://x.example/a?b=c'] }]) t.is(shape.check(block).errors, undefined)
  for (const block of [
    [],
    { any: [] },
    'a',
    ['a b'],
    ['a"'],
    ['a\\'],
    ['é'],
    [''],
    ['a\n'],
    {},
    { all: ['a'] },
    { any: ['a'], all: [] },
  ]) {
    t.true((shape.check(block).errors?.length ?? 0) > 0, JSON.stringify(block))
  }
})
