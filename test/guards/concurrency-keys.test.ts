import test, { type ExecutionContext } from 'ava'
import type { Exchange } from '../../src/core/exchange.ts'
import { concurrency } from '../../src/guards/concurrency/concurrency.ts'
import type { Plan } from '../../src/guards/guard.ts'
import { compileKey } from '../../src/services/counters/client-key.ts'
import { memorySlots } from '../../src/services/counters/memory-slots.ts'
import { Metrics } from '../../src/services/metrics.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { hostGuard, type Received, type Sent, siteOf } from '../helpers/guard-host.ts'
import { until } from '../helpers/until.ts'

type Block = Parameters<typeof concurrency.compile>[0]

function compile(block: Block, slots = memorySlots(new Metrics()), owner = 'test/'): Plan {
  return concurrency.compile(block, { ...siteOf(), owner }, { slots } as unknown as Services) as Plan
}

const signIn = (exchange: Exchange): void => {
  const { headers } = exchange.ctx.req
  const [issuer = '', id = ''] = String(headers['x-user'] ?? '').split('/')
  exchange.input.headers = headers
  exchange.principal = { id, issuer, scopes: [], roles: [], claims: {} }
}

/** A host whose destination answers when it is told to. */
async function hold(t: ExecutionContext, block: Block) {
  const held: (() => void)[] = []
  const send = await hostGuard(t, {
    plan: compile(block),
    before: signIn,
    destination: () =>
      new Promise((answer) => {
        held.push(() => answer({ status: 200, headers: [], body: '' }))
      }),
  })
  /** Whether all of these are let in while none is answered. */
  const statuses = async (...sent: readonly Sent[]) => {
    const all: Promise<Received>[] = []
    let refused = 0
    for (const each of sent) {
      const reply = send(each)
      void reply.then(({ status }) => {
        if (status === 503) refused++
      })
      all.push(reply)
      await until(() => held.length + refused === all.length)
    }
    for (const answer of held.splice(0)) answer()
    return Promise.all(all).then((replies) => replies.map(({ status }) => status))
  }
  return statuses
}

const as = (user: string, address = '192.0.2.1'): Sent => ({
  headers: { 'x-user': encodeURI(user), 'x-forwarded-for': address },
})

test('counts users by issuer and id together, and callers without a credential by address', async (t) => {
  const statuses = await hold(t, { by: 'user', max: 1 })
  t.deepEqual(await statuses(as('a/bc'), as('ab/c'), as('', '192.0.2.1'), as('', '192.0.2.2')), [200, 200, 200, 200])
  t.deepEqual(await statuses(as('a/bc'), as('a/bc', '192.0.2.9')), [200, 503])
  t.deepEqual(await statuses(as('', '192.0.2.1'), as('', '192.0.2.1')), [200, 503])
})

test('counts clients by address, and everyone together unless told', async (t) => {
  const byAddress = await hold(t, { by: 'ip', max: 1 })
  t.deepEqual(await byAddress(as('', '2001:db8::1'), as('', '2001:db8:0:1::1')), [200, 200])
  t.deepEqual(await byAddress(as('', '2001:db8::1'), as('', '2001:db8::2')), [200, 503])
  const together = await hold(t, { max: 1 })
  t.deepEqual(await together(as('a/b', '192.0.2.1'), as('c/d', '192.0.2.2')), [200, 503])
})

test('tells keys of any letters and lengths apart', async (t) => {
  const statuses = await hold(t, { by: ['${headers.x-key}', '${headers.x-more}'], max: 1 })
  const of = (key: string, more = ''): Sent => ({
    headers: { 'x-key': Buffer.from(key).toString('latin1'), 'x-more': more },
  })
  const long = 'k'.repeat(5_000)
  t.deepEqual(await statuses(of(`${long}a`), of(`${long}b`), of(long), of('', long)), [200, 200, 200, 200])
  t.deepEqual(await statuses(of(`${long}a`), of(`${long}a`)), [200, 503])
  const names = ['__proto__', 'constructor', 'é', 'e\u0301', 'ключ', '🔑', 'sha256:']
  t.deepEqual(
    await statuses(...names.map((name) => of(name))),
    names.map(() => 200),
  )
})

test('keeps no key longer than 256 letters, and takes no two for one', (t) => {
  const key = compileKey('${body.key}')
  const texts = ['a'.repeat(250), 'a'.repeat(251), 'a'.repeat(100_000), `${'a'.repeat(99_999)}b`]
  const halves = ['\ud800', '\ud801', '\udc00'].map((half) => half.repeat(300))
  const all = [...texts, ...halves].map((text) => key.read(exchangeOf({ input: { body: { key: text } } })))
  t.is(new Set(all).size, all.length)
  for (const each of all) t.true(each.length <= 256)
  const user = compileKey('user').read(exchangeOf({ principal: { id: 'u'.repeat(9_000) } }))
  t.true(user.length <= 256)
  const list = compileKey(['user', '${body.key}']).read(exchangeOf({ input: { body: { key: 'b'.repeat(9_000) } } }))
  t.true(list.length <= 256)
})

test('slots belong to their owner and key, not to the block that names them', (t) => {
  const slots = memorySlots(new Metrics())
  const passes = (plan: Plan) => plan.steps?.[0]?.decide(exchangeOf()) === undefined
  t.true(passes(compile({ max: 1 }, slots, 'shop/')))
  t.false(passes(compile({ max: 1 }, slots, 'shop/')))
  t.true(passes(compile({ max: 1 }, slots, 'shop/GET /a/')))
  t.true(passes(compile({ by: 'ip', max: 1 }, slots, 'shop/')))
})

test('an exchange that is over before it gets its slot keeps none', async (t) => {
  const slots = memorySlots(new Metrics())
  const [step] = compile({ max: 1, queue: 2 }, slots).steps ?? []
  const [first, second, third] = [exchangeOf(), exchangeOf(), exchangeOf()]
  t.is(step?.decide(first), undefined)
  const turn = step?.decide(second)
  second.release()
  t.like(await turn, { code: 'overloaded' })
  third.release()
  await step?.decide(third)
  first.release()
  first.release()
  t.is(slots.pool('test/all').size, 0)
  t.is(step?.decide(exchangeOf()), undefined)
  t.true(step?.decide(exchangeOf()) instanceof Promise)
})

test('what is learned only after a while whether it got a slot is told apart, too', async (t) => {
  const ticketOf = (wasFull: boolean) => ({ turn: Promise.resolve(false), wasFull, giveBack: () => {} })
  for (const [wasFull, cause] of [
    [true, /queue/],
    [false, /in time/],
  ] as const) {
    const slots = { pool: () => t.fail(), sharedPool: () => ({ take: () => ticketOf(wasFull) }) }
    const [step] = compile({ max: 1, shared: true }, slots as never).steps ?? []
    const denial = await step?.decide(exchangeOf())
    t.is(denial?.code, 'overloaded')
    t.regex(denial?.cause ?? '', cause)
  }
})

test('tells a client of the document what holds', (t) => {
  const describe = (block: Block) => concurrency.describe?.(block, siteOf())
  t.deepEqual(describe({ max: 5 }), {
    notes: ['At most 5 at the same time for all callers together.'],
    extensions: { 'x-concurrency': { by: 'all', max: 5, queue: 0 } },
  })
  t.deepEqual(describe({ by: ['ip', 'user'], max: 2, queue: 9 }), {
    notes: ['At most 2 at the same time for each address and user. Up to 9 more wait, each for 1s at most.'],
    extensions: { 'x-concurrency': { by: ['ip', 'user'], max: 2, queue: 9, wait: '1s' } },
  })
  t.like(describe({ max: 5, shared: true }), {
    extensions: { 'x-concurrency': { by: 'all', max: 5, queue: 0, shared: true } },
  })
  t.deepEqual(describe({ max: 5, shared: false }), describe({ max: 5 }))
})

test('a request that finds a slot free pays less than a third of a microsecond', (t) => {
  const [step] = compile({ by: 'user', max: 10 }).steps ?? []
  const exchange = exchangeOf()
  const tickets: (() => void)[] = []
  exchange.defer = (release) => void tickets.push(release)
  /** Microseconds of one request, of ten thousand. */
  const batch = () => {
    const started = performance.now()
    for (let index = 0; index < 10_000; index++) {
      step?.decide(exchange)
      tickets.pop()?.()
    }
    return (performance.now() - started) / 10
  }
  const microseconds = Math.min(...Array.from({ length: 50 }, batch))
  t.log(`${(microseconds * 1_000).toFixed(0)} ns`)
  t.true(microseconds < 0.3)
})
