import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Head, listLines } from '../../src/core/answer.ts'
import type { Exchange, Input } from '../../src/core/exchange.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { RouteFacts, Site } from '../../src/core/site.ts'
import type { Plan } from '../../src/guards/guard.ts'
import { rateLimit } from '../../src/guards/rate-limit/rate-limit.ts'
import { compileKey } from '../../src/services/counters/client-key.ts'
import type { Batch, Counters, Take } from '../../src/services/counters/counters.ts'
import { memoryCounters } from '../../src/services/counters/memory.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'
import { HandClock } from '../helpers/hand-clock.ts'

type Block = Parameters<typeof rateLimit.compile>[0]

const minute = { per: '1m' } as const

function compile(block: Block, counters: Counters, site: Site = siteOf()): Plan {
  return rateLimit.compile(block, site, { counters } as Services) as Plan
}

const compileInMemory = (block: Block, route: Partial<RouteFacts> = {}) => {
  const clock = new HandClock()
  return { clock, plan: compile(block, memoryCounters(clock), siteOf(route)) }
}

interface Given {
  readonly address?: string
  readonly principal?: Partial<Principal>
  readonly input?: Partial<Input>
}

const requestOf = ({ address = '192.0.2.1', ...given }: Given = {}): Exchange =>
  Object.assign(exchangeOf(given), { address })

/** Runs the steps as far as they allow; whether all did. */
function passes({ steps = [] }: Plan, exchange: Exchange): boolean {
  return steps.every((step) => step.decide(exchange) === undefined)
}

/** How many requests in a row pass. */
function passing(plan: Plan, given: Given = {}): number {
  for (let passed = 0; passed < 1_000; passed++) if (!passes(plan, requestOf(given))) return passed
  return 1_000
}

function headOf(plan: Plan, exchange: Exchange): Record<string, string> {
  const head = new Head()
  plan.head?.(exchange, head)
  const list = head.own.flatMap(({ lines }) => listLines(lines))
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : [])))
}

const gatesOf = ({ steps = [] }: Plan) => steps.map(({ gate }) => gate)
const nobody = { id: '', issuer: '' }

test('every limit stands at the first gate that knows its key', (t) => {
  const gateOf = (by: Block[number]['by'], limit: Block[number]['limit'] = 1) =>
    gatesOf(compileInMemory([{ by, limit, ...minute }]).plan).join()
  t.is(gateOf('ip'), 'rateLimit:ip')
  t.is(gateOf('all'), 'rateLimit:ip')
  t.is(gateOf('${ip}'), 'rateLimit:ip')
  t.is(gateOf('user'), 'rateLimit:user')
  t.is(gateOf('${user.claims.org}'), 'rateLimit:user')
  t.is(gateOf('ip', { on: '${user.claims.plan}', is: { pro: 2 }, else: 1 }), 'rateLimit:user')
  t.is(gateOf(['ip', 'user']), 'rateLimit:user')
  for (const root of ['params', 'query', 'headers', 'body']) t.is(gateOf(['ip', `\${${root}.x}`]), 'rateLimit:input')
})

test('the limits of one gate are one step, and earlier gates are not refunded', (t) => {
  const { plan } = compileInMemory([
    { by: 'user', name: 'a', limit: 5, ...minute },
    { by: 'ip', limit: 9, ...minute },
    { by: 'user', name: 'b', limit: 3, ...minute },
  ])
  t.deepEqual(gatesOf(plan), ['rateLimit:ip', 'rateLimit:user'])
  t.is(passing(plan), 3)
  t.is(passing(plan, { principal: { id: 'u2' } }), 3)
  // 3 + 1 refused + 3 + 1 refused came through the gate of the address: one is left.
  t.is(passing(plan, { principal: { id: 'u3' } }), 1)
})

test('counts clients by address, an IPv6 client by its /64', (t) => {
  const { plan } = compileInMemory([{ by: 'ip', limit: 2, ...minute }])
  t.is(passing(plan, { address: '192.0.2.1' }), 2)
  t.is(passing(plan, { address: '192.0.2.2' }), 2)
  t.is(passing(plan, { address: '2001:db8:0:1::1' }), 2)
  t.is(passing(plan, { address: '2001:db8:0:1:ffff::2' }), 0)
  t.is(passing(plan, { address: '2001:db8:0:2::1' }), 2)
})

test('counts users by issuer and id together, and callers without a credential by address', (t) => {
  const { plan } = compileInMemory([{ by: 'user', limit: 2, ...minute }])
  t.is(passing(plan, { principal: { issuer: 'a', id: 'bc' } }), 2)
  t.is(passing(plan, { principal: { issuer: 'ab', id: 'c' } }), 2)
  t.is(passing(plan, { principal: { issuer: 'a', id: 'bc' }, address: '192.0.2.9' }), 0)
  t.is(passing(plan, { principal: nobody }), 2)
  t.is(passing(plan, { principal: nobody, address: '192.0.2.9' }), 2)
})

test('counts everyone together by `all`', (t) => {
  const { plan } = compileInMemory([{ by: 'all', limit: 2, ...minute }])
  t.is(passing(plan), 2)
  t.is(passing(plan, { address: '192.0.2.9', principal: nobody }), 0)
})

test('counts by an expression, and by address where it has no value', (t) => {
  const { plan } = compileInMemory([{ by: '${body.email}', limit: 2, ...minute }])
  const from = (body: unknown, address = '192.0.2.1') => passing(plan, { input: { body }, address })
  t.is(from({ email: 'a@example.com' }), 2)
  t.is(from({ email: 'a@example.com' }, '192.0.2.9'), 0)
  t.is(from({ email: 'b@example.com' }), 2)
  t.is(from({}), 2)
  t.is(from(undefined), 0)
  t.is(from({ email: { nested: true } }), 0)
  t.is(from(JSON.parse('{"__proto__":{"email":"c"}}')), 0)
  t.is(from({}, '192.0.2.9'), 2)
})

test('no key of one kind equals a key of another', (t) => {
  const address = '192.0.2.1'
  const texts = [`ip:${address}`, address, 'all', 'user:4:shopu1', 'list:["a"]', '["a"]', '']
  const keys = texts.map((email) => compileKey('${body.email}').read(requestOf({ input: { body: { email } } })))
  const list = compileKey('${body.email}').read(requestOf({ input: { body: { email: ['a'] } } }))
  const words = ['ip', 'user', 'all'].map((by) => compileKey(by).read(requestOf({ address })))
  t.is(new Set([...keys, list, ...words]).size, texts.length + 4)
})

test('a compound key is the same only if every part is', (t) => {
  const key = compileKey(['${body.a}', '${body.b}'])
  const text = fc.string({ unit: fc.constantFrom('a', ':', '1', '2', 'value', 'ip:192.0.2.1', ',') })
  fc.assert(
    fc.property(text, text, text, text, (a, b, c, d) => {
      const [one, other] = [
        { a, b },
        { a: c, b: d },
      ].map((body) => key.read(requestOf({ input: { body } })))
      t.is(one === other, a === c && b === d)
    }),
  )
})

test('no part of a compound key runs into the next', (t) => {
  const key = compileKey(['${body.a}', '${body.b}'])
  const read = (body: unknown) => key.read(requestOf({ input: { body } }))
  t.not(read({ a: 'x', b: 'value:y' }), read({ a: 'xvalue:', b: 'y' }))
  t.not(read({ a: 'x7:value:y', b: '' }), read({ a: 'x', b: 'y' }))
})

test('chooses the numbers by plan, own names only', (t) => {
  const limit = { on: '${user.claims.plan}', is: { free: 2, pro: 4, '1': 5 }, else: 1 }
  const { plan } = compileInMemory([{ by: 'user', limit, ...minute }])
  const cases = { free: 2, pro: 4, gold: 1, constructor: 1, __proto__: 1, undefined: 1, '1': 5 }
  for (const [name, expected] of Object.entries(cases)) {
    t.is(passing(plan, { principal: { id: name, claims: { plan: name } } }), expected, name)
  }
  t.is(passing(plan, { principal: { id: 'number', claims: { plan: 1 } } }), 5)
  t.is(passing(plan, { principal: { id: 'list', claims: { plan: ['pro'] } } }), 1)
  t.is(passing(plan, { principal: nobody }), 1)
})

test('a user whose plan changes keeps what was used', (t) => {
  const limit = { on: '${user.claims.plan}', is: { free: 2, pro: 5 }, else: 1 }
  const { plan } = compileInMemory([{ by: 'user', limit, ...minute }])
  t.is(passing(plan, { principal: { claims: { plan: 'free' } } }), 2)
  t.is(passing(plan, { principal: { claims: { plan: 'pro' } } }), 3)
})

test('takes the cost of the route from each limit', (t) => {
  const { plan } = compileInMemory(
    [
      { by: 'ip', limit: 11, ...minute },
      { by: 'user', limit: 100, ...minute },
    ],
    { cost: 5 },
  )
  const exchange = requestOf()
  t.true(passes(plan, exchange))
  t.like(headOf(plan, exchange), { 'X-RateLimit-Remaining': '6' })
  t.is(passing(plan), 1)
})

test('one counter for every route that inherits a limit, another for a route of its own', (t) => {
  const counters = memoryCounters(new HandClock())
  const at = (owner: string): Site => {
    const site: Site = { ...siteOf(), owner, item: () => site }
    return site
  }
  const block: Block = [{ by: 'ip', limit: 4, ...minute }]
  t.true(passes(compile(block, counters, at('shop/')), requestOf()))
  t.is(passing(compile(block, counters, at('shop/'))), 3)
  t.is(passing(compile(block, counters, at('shop/POST /'))), 4)
  t.is(passing(compile([{ ...block[0], name: 'other' } as Block[number]], counters, at('shop/'))), 4)
})

test('names each limit after the owner of its own item, and quotes the line of the first', (t) => {
  const taken: Take[] = []
  const counters: Counters = {
    take: (takes) => ({ allowed: taken.push(...takes) > 0, standings: [] }),
    close: () => undefined,
  }
  const items = ['shop/', 'shop/POST /orders/'].map((owner, i) => ({ ...siteOf(), owner, line: 10 + i }))
  const site: Site = { ...siteOf(), item: (index) => items[index] ?? siteOf() }
  const block: Block = [
    { by: ['ip', '${ip}'], limit: 1, ...minute },
    { by: 'ip', name: 'create', limit: 1, ...minute },
  ]
  const plan = compile(block, counters, site)
  passes(plan, requestOf())
  t.deepEqual(
    taken.map(({ limit }) => limit.id),
    ['shop/ip+${ip}', 'shop/POST /orders/create'],
  )
  t.deepEqual(plan.steps?.[0]?.source, { file: 'test.yaml', line: 10 })
})

test('defaults to a token bucket whose burst is the limit', (t) => {
  const taken: Take[] = []
  const counters: Counters = {
    take: (takes) => ({ allowed: taken.push(...takes) > 0, standings: [] }),
    close: () => undefined,
  }
  const block: Block = [
    { by: 'ip', limit: 3, per: '2s' },
    { by: 'ip', name: 'b', limit: 3, per: '2s', burst: 7 },
    { by: 'ip', name: 'c', limit: 3, per: '2s', algorithm: 'sliding-window' },
  ]
  passes(compile(block, counters), requestOf())
  t.like(
    taken.map(({ limit }) => limit),
    {
      0: { algorithm: 'token-bucket', limit: 3, period: 2_000, burst: 3 },
      1: { algorithm: 'token-bucket', limit: 3, period: 2_000, burst: 7 },
      2: { algorithm: 'sliding-window', limit: 3, period: 2_000, burst: 3 },
    },
  )
})

test('tells a client over HTTP what is left, and when to come back', async (t) => {
  const { plan, clock } = compileInMemory([
    { by: 'ip', limit: 600, ...minute },
    { by: 'user', limit: 60, per: '1m', burst: 2 },
  ])
  const send = await hostGuard(t, { plan, before: signIn })
  const first = await send()
  t.is(first.status, 200)
  t.like(first.headers, {
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'x-ratelimit-reset': '1',
    'ratelimit-policy': '"user";q=60;w=60',
    ratelimit: '"user";r=1;t=1',
  })
  t.false('retry-after' in first.headers)
  await send()
  const refused = await send()
  t.is(refused.status, 429)
  t.like(JSON.parse(refused.body), { status: 'error', code: 'rate_limited', message: 'Rate limit exceeded' })
  t.like(refused.headers, {
    'retry-after': '1',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '2',
    ratelimit: '"user";r=0;t=2',
  })
  clock.pass(999)
  t.is((await send()).status, 429)
  clock.pass(1)
  t.is((await send()).status, 200)
})

const signIn = (exchange: Exchange) => {
  exchange.principal = { id: 'u1', issuer: 'shop', scopes: [], roles: [], claims: {} }
}

test('answers as the design shows', (t) => {
  const { plan } = compileInMemory([
    { by: 'ip', limit: 1000, ...minute },
    { by: 'user', limit: 600, ...minute },
  ])
  const exchange = requestOf()
  passes(plan, exchange)
  t.deepEqual(headOf(plan, exchange), {
    'X-RateLimit-Limit': '600',
    'X-RateLimit-Remaining': '599',
    'X-RateLimit-Reset': '1',
    'RateLimit-Policy': '"user";q=600;w=60',
    RateLimit: '"user";r=599;t=1',
  })
})

test('tells the limit nearest to its end, over all gates that were passed', (t) => {
  const { plan } = compileInMemory([
    { by: 'ip', limit: 3, ...minute },
    { by: 'all', limit: 9, ...minute },
    { by: 'user', limit: 5, ...minute },
  ])
  const exchange = requestOf()
  passes(plan, exchange)
  t.like(headOf(plan, exchange), { RateLimit: '"ip";r=2;t=20' })
  const [atAddress] = plan.steps ?? []
  const early = requestOf({ address: '192.0.2.9' })
  atAddress?.decide(early)
  t.like(headOf(plan, early), { RateLimit: '"ip";r=2;t=20' })
})

test('a refusal tells the limit that refused, and of several the one that takes longest', (t) => {
  const { plan } = compileInMemory([
    { by: 'ip', limit: 1, per: '1s' },
    { by: 'user', name: 'hourly', limit: 1, per: '1h' },
    { by: 'user', name: 'daily', limit: 1, per: '1d' },
  ])
  const first = requestOf()
  t.true(passes(plan, first))
  t.like(headOf(plan, first), { RateLimit: '"daily";r=0;t=86400' })
  const exchange = requestOf({ address: '192.0.2.9' })
  t.false(passes(plan, exchange))
  t.like(headOf(plan, exchange), { RateLimit: '"daily";r=0;t=86400', 'RateLimit-Policy': '"daily";q=1;w=86400' })
})

test('says nothing of limits to a request that was refused before any was asked', (t) => {
  const { plan } = compileInMemory([{ by: 'ip', limit: 1, ...minute }])
  t.deepEqual(headOf(plan, requestOf()), {})
})

test('waiting as long as Retry-After says suffices, one second less does not', async (t) => {
  const block = fc.record({
    limit: fc.integer({ min: 1, max: 30 }),
    per: fc.constantFrom('1s', '7s', '1m', '1h', '500ms'),
    algorithm: fc.constantFrom('token-bucket' as const, 'sliding-window' as const),
  })
  const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(block, waits, (limit, times) => {
      const { plan, clock } = compileInMemory([{ by: 'ip', ...limit }])
      for (const wait of times) {
        clock.pass(wait)
        passing(plan)
        const denial = plan.steps?.[0]?.decide(requestOf()) as { headers: string[] } | undefined
        const [name, seconds] = denial?.headers ?? []
        t.is(name, 'Retry-After')
        clock.pass((Number(seconds) - 1) * 1_000)
        if (Number(seconds) > 1) t.false(passes(plan, requestOf()))
        clock.pass(1_000)
        t.true(passes(plan, requestOf()))
      }
    }),
  )
})

test('takes an answer that comes later, and one that comes at once', async (t) => {
  const memory = memoryCounters(new HandClock())
  const remote: Counters = { take: async (takes) => memory.take(takes) as Batch, close: () => undefined }
  const plan = compile([{ by: 'ip', limit: 1, ...minute }], remote)
  const decide = async (exchange: Exchange) => plan.steps?.[0]?.decide(exchange)
  const first = requestOf()
  t.is(await decide(first), undefined)
  t.like(headOf(plan, first), { RateLimit: '"ip";r=0;t=60' })
  t.like(await decide(requestOf()), { code: 'rate_limited', headers: ['Retry-After', '60'] })
})

test('tells nothing of a limit that is only being tried out, and counts all the same', (t) => {
  const { plan } = compileInMemory([{ by: 'ip', limit: 1, ...minute }], { reportOnly: ['rateLimit'] })
  const exchange = requestOf()
  t.true(passes(plan, exchange))
  t.deepEqual(headOf(plan, exchange), {})
  t.is(passing(plan), 0)
})

test('the cause of a refusal names the limit, never the key', (t) => {
  const { plan } = compileInMemory([{ by: '${body.email}', name: 'login', limit: 1, ...minute }])
  const given = { input: { body: { email: 'secret@example.com' } } }
  passing(plan, given)
  t.like(plan.steps?.[0]?.decide(requestOf(given)), { cause: 'limit `test/login` is used up' })
})

test('holds against keys of any size and shape', (t: ExecutionContext) => {
  const { plan } = compileInMemory([{ by: ['${body.a}', '${headers.b}'], name: 'any', limit: 1, ...minute }])
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 500 }), (a, b) => {
      passes(plan, requestOf({ input: { body: { a }, headers: { b } } }))
      t.false(passes(plan, requestOf({ input: { body: { a }, headers: { b } } })))
    }),
  )
})
