import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import fc from 'fast-check'
import { memorySlots } from '../../../src/services/counters/memory-slots.ts'
import type { Terms, Ticket } from '../../../src/services/counters/slots.ts'
import { Metrics } from '../../../src/services/metrics.ts'

const long = 60_000

function poolOf(terms: Partial<Terms> = {}) {
  const metrics = new Metrics()
  const pool = memorySlots(metrics).pool('shop/all')
  const tally = metrics.slotTally('shop/all')
  const take = (key = 'all', more: Partial<Terms> = {}) => {
    const ticket = pool.take(key, { max: 1, queue: 10, wait: long, ...terms, ...more })
    if (ticket === undefined) throw new Error('neither a slot nor a place was free')
    return ticket
  }
  return { pool, tally, take }
}

/** Whether the turn has come: a promise that is settled tells before one that begins now. */
const hasTurn = ({ turn }: Ticket): Promise<boolean | undefined> | true =>
  turn === undefined || Promise.race([turn, Promise.resolve(undefined)])

test('gives slots up to `max` at once, places up to `queue`, and then nothing', (t) => {
  const { pool, tally, take } = poolOf({ max: 2, queue: 3 })
  const tickets = Array.from({ length: 5 }, () => take())
  t.deepEqual(
    tickets.map(({ turn }) => turn === undefined),
    [true, true, false, false, false],
  )
  t.is(pool.take('all', { max: 2, queue: 3, wait: long }), undefined)
  t.like(tally, { inUse: 2, waiting: 3, full: 1, late: 0 })
  t.not(pool.take('other', { max: 2, queue: 3, wait: long }), undefined)
  for (const ticket of tickets) ticket.giveBack()
})

test('a slot that is given back goes to who has waited longest', async (t) => {
  const { take } = poolOf()
  const [first, second, third] = [take(), take(), take()]
  first.giveBack()
  t.true(await hasTurn(second))
  t.is(await hasTurn(third), undefined)
  second.giveBack()
  t.true(await hasTurn(third))
  third.giveBack()
})

test('nobody who comes takes a slot before those who wait', async (t) => {
  const { take, tally } = poolOf({ max: 1 })
  const [first, second] = [take(), take()]
  first.giveBack()
  const third = take()
  t.true(await hasTurn(second))
  t.is(await hasTurn(third), undefined)
  t.like(tally, { inUse: 1, waiting: 1 })
  for (const ticket of [second, third]) ticket.giveBack()
})

test('given back twice is given back once', async (t) => {
  const { take, tally } = poolOf()
  const [first, second, third] = [take(), take(), take()]
  for (let index = 0; index < 3; index++) first.giveBack()
  t.like(tally, { inUse: 1, waiting: 1 })
  t.is(await hasTurn(third), undefined)
  for (let index = 0; index < 3; index++) third.giveBack()
  t.false(await third.turn)
  t.like(tally, { inUse: 1, waiting: 0 })
  second.giveBack()
  t.like(tally, { inUse: 0, waiting: 0 })
})

test('who leaves the queue anywhere in it is passed over', async (t) => {
  const { take, tally } = poolOf()
  const [holder, ...waiting] = Array.from({ length: 6 }, () => take())
  for (const index of [0, 2, 4]) waiting[index]?.giveBack()
  t.is(tally.waiting, 2)
  holder?.giveBack()
  t.deepEqual(await Promise.all(waiting.map(hasTurn)), [false, true, false, undefined, false])
  waiting[1]?.giveBack()
  t.true(await waiting[3]?.turn)
  waiting[3]?.giveBack()
  t.like(tally, { inUse: 0, waiting: 0, late: 0 })
})

test('a wait that is over leaves the queue, and its place is free', async (t) => {
  const { take, tally } = poolOf({ queue: 1 })
  const holder = take()
  t.false(await take('all', { wait: 1 }).turn)
  t.like(tally, { inUse: 1, waiting: 0, late: 1 })
  const next = take()
  holder.giveBack()
  t.true(await next.turn)
  next.giveBack()
})

test('another `max` holds from its first request on, and cuts nobody off', async (t) => {
  const { take, tally } = poolOf({ max: 1 })
  const [first, second, third] = [take(), take(), take()]
  const fourth = take('all', { max: 3 })
  t.deepEqual(await Promise.all([second, third, fourth].map(hasTurn)), [true, true, undefined])
  const fifth = take('all', { max: 1 })
  for (const ticket of [first, second]) ticket.giveBack()
  t.deepEqual(await Promise.all([fourth, fifth].map(hasTurn)), [undefined, undefined])
  t.like(tally, { inUse: 1, waiting: 2 })
  third.giveBack()
  t.true(await hasTurn(fourth))
  for (const ticket of [fourth, fifth]) ticket.giveBack()
})

test('a key is there only while it is in use, and no timer stays behind', (t) => {
  const { pool, take } = poolOf({ max: 1 })
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const tickets = Array.from({ length: 100 }, (_, index) => [take(`k${index}`), take(`k${index}`)]).flat()
  t.is(pool.size, 100)
  t.is(timers(), before + 100)
  for (const ticket of tickets) ticket.giveBack()
  t.is(pool.size, 0)
  t.is(timers(), before)
})

test('the pool of a limit is one, whoever asks for it', (t) => {
  const slots = memorySlots(new Metrics())
  t.is(slots.pool('shop/all'), slots.pool('shop/all'))
  t.not(slots.pool('shop/all'), slots.pool('shop/GET /a/all'))
})

/** The same by the simplest means: a list of tickets, whose first `max` run. */
type Step =
  | { readonly kind: 'take'; readonly key: string; readonly max: number; readonly queue: number }
  | { readonly kind: 'end'; readonly at: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('take' as const),
    key: fc.constantFrom('a', 'b', '__proto__'),
    max: fc.integer({ min: 1, max: 4 }),
    queue: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat(30) }),
)

interface Entry {
  readonly ticket: Ticket
  readonly key: string
  held: boolean
  got: boolean | undefined
}

/** Follows a pool with a model of it: entries in the order in which they came. */
class Model {
  readonly entries: Entry[] = []
  readonly #max = new Map<string, number>()

  of(key: string, held: boolean): readonly Entry[] {
    return this.entries.filter((entry) => entry.key === key && entry.held === held)
  }

  /** Who is let in, given a `max`. */
  admit(key: string, max = this.#max.get(key) ?? 0): void {
    this.#max.set(key, max)
    for (const entry of this.of(key, false)) if (this.of(key, true).length < max) entry.held = true
  }

  expects(key: string, max: number, queue: number): 'slot' | 'place' | 'nothing' {
    if (this.of(key, true).length < max) return 'slot'
    return this.of(key, false).length < queue ? 'place' : 'nothing'
  }

  add(key: string, held: boolean, ticket: Ticket): void {
    const entry: Entry = { ticket, key, held, got: held ? true : undefined }
    void ticket.turn?.then((got) => {
      entry.got = got
    })
    this.entries.push(entry)
  }

  end(index: number): void {
    const [entry] = this.entries.splice(index, 1)
    entry?.ticket.giveBack()
    if (entry?.held) this.admit(entry.key)
  }
}

test('whatever is taken and given back, slots and places are those of a plain list', async (t) => {
  const run = async (steps: readonly Step[]) => {
    const { pool, tally } = poolOf()
    const model = new Model()
    for (const each of steps) {
      if (each.kind === 'end') model.end(each.at % Math.max(1, model.entries.length))
      else {
        model.admit(each.key, each.max)
        const expected = model.expects(each.key, each.max, each.queue)
        const ticket = pool.take(each.key, { ...each, wait: long })
        t.is(ticket === undefined ? 'nothing' : ticket.turn === undefined ? 'slot' : 'place', expected)
        if (ticket !== undefined) model.add(each.key, expected === 'slot', ticket)
      }
      await new Promise(setImmediate)
      t.deepEqual(
        model.entries.map(({ got }) => got === true),
        model.entries.map(({ held }) => held),
      )
      t.is(tally.inUse, model.entries.filter(({ held }) => held).length)
      t.is(tally.waiting, model.entries.filter(({ held }) => !held).length)
      t.is(pool.size, new Set(model.entries.map(({ key }) => key)).size)
    }
    while (model.entries.length > 0) model.end(0)
    t.like(tally, { inUse: 0, waiting: 0, late: 0 })
    t.is(pool.size, 0)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await run(steps)
    }),
    { numRuns: 150 },
  )
})

/** Bytes on the heap once the garbage is out. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

test('ten thousand who wait take less than a kilobyte each, and all of it is given back', (t) => {
  const { pool, take } = poolOf({ queue: 10_000 })
  const run = () => {
    const before = heap()
    const tickets = Array.from({ length: 10_001 }, () => take())
    const each = (heap() - before) / tickets.length
    for (const ticket of tickets) ticket.giveBack()
    return each
  }
  run()
  const before = heap()
  t.true(run() < 1_024)
  t.true(heap() - before < 1_000_000)
  t.is(pool.size, 0)
})

test('ten thousand leave from the middle of a queue as fast as from its ends', (t) => {
  const { take, tally } = poolOf({ queue: 10_000 })
  const tickets = Array.from({ length: 10_001 }, () => take())
  const started = performance.now()
  for (let index = 0; index < tickets.length; index++) tickets[(index * 4_999) % tickets.length]?.giveBack()
  t.true(performance.now() - started < 1_000)
  t.like(tally, { inUse: 0, waiting: 0 })
})
