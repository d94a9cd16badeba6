/** Nodes that share slots over one Redis, each with a connection of its own, and ways to trouble it. */

import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import { systemClock } from '../../../../src/services/clock.ts'
import { memorySlots } from '../../../../src/services/counters/memory-slots.ts'
import { RedisSlots } from '../../../../src/services/counters/redis-slots/redis-slots.ts'
import type { Terms, Ticket } from '../../../../src/services/counters/slots.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { type Store, StoreAway } from '../../../../src/services/redis/store.ts'
import { plainStore } from '../../../helpers/plain-store.ts'

/** What becomes of a script: it is answered, done but not answered, done later and not answered, or never done. */
export type Fate = 'answered' | 'unheard' | 'belated' | 'lost'

/** What becomes of the next script, and when those that are belated are run. */
interface Trouble {
  next: () => Fate
  later: (run: () => Promise<unknown>) => void
}

export interface Given {
  /** Milliseconds of a lease. */
  readonly life?: number
  readonly nodes?: number
}

/** Slots as one of several nodes has them. */
export async function nodeOf(t: ExecutionContext, port: number, given: Given = {}) {
  const metrics = new Metrics()
  const plain = plainStore(t, port, 10_000)
  const { redis } = plain
  await once(redis, 'ready')
  const trouble: Trouble = { next: () => 'answered', later: (run) => void setTimeout(run, 80) }
  const run: Store['run'] = async (script, keys, args) => {
    const fate = trouble.next()
    if (fate === 'answered') return plain.run(script, keys, args)
    if (fate === 'unheard') await plain.run(script, keys, args)
    if (fate === 'belated') trouble.later(() => plain.run(script, keys, args).catch(() => {}))
    throw new StoreAway('no answer')
  }
  const store: Store = {
    run,
    slotOf: () => 0,
    get isAway() {
      return plain.isAway
    },
    close: plain.close,
  }
  const slots = new RedisSlots({
    ...{ store, prefix: 'portcullis', local: memorySlots(metrics), clock: systemClock, metrics },
    ...given,
  })
  t.teardown(() => slots.close())
  const pool = slots.sharedPool('shop/all')
  const take = (terms: Partial<Terms> = {}, key = 'all') =>
    pool.take(key, { max: 1, queue: 10, wait: 60_000, ...terms })
  return { slots, pool, store, redis, take, trouble, tally: metrics.slotTally('shop/all') }
}

export type Node = Awaited<ReturnType<typeof nodeOf>>

export const nodesOf = (t: ExecutionContext, port: number, count: number, given?: Given): Promise<readonly Node[]> =>
  Promise.all(Array.from({ length: count }, () => nodeOf(t, port, given)))

export async function twoNodesOf(t: ExecutionContext, port: number, given?: Given): Promise<readonly [Node, Node]> {
  return Promise.all([nodeOf(t, port, given), nodeOf(t, port, given)])
}

/** What became of a ticket, once it is known. */
export const fateOf = async (ticket: Ticket): Promise<'held' | 'full' | 'over'> =>
  (await ticket.turn) ? 'held' : ticket.wasFull ? 'full' : 'over'
