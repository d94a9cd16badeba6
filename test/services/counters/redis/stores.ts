/** A real Redis for the counters, and stores before it that hold the clock, fail, or are of many slots. */

import { hash } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import type { Clock } from '../../../../src/services/clock.ts'
import type { Counters } from '../../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../../src/services/counters/memory.ts'
import { redisCounters } from '../../../../src/services/counters/redis/counters.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { type Script, type Store, StoreAway } from '../../../../src/services/redis/store.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { plainStore } from '../../../helpers/plain-store.ts'
import { startRedis } from '../../../helpers/redis-server.ts'

/** Redis, asked once: what it is not asked in time is not answered. */
export async function startStore(t: ExecutionContext) {
  const server = await startRedis(t)
  const store = plainStore(t, server.port)
  await store.redis.ping()
  return { ...server, store, redis: store.redis }
}

interface Given {
  readonly clock?: Clock
  readonly metrics?: Metrics
  readonly nodes?: number
  readonly prefix?: string
}

/** Counters of one node, whose own clock stands still unless told. */
export function nodeOn(store: Store, given: Given = {}): Counters {
  const { clock = new HandClock(), metrics = new Metrics(), nodes = 1, prefix = 'portcullis' } = given
  return redisCounters(store, { prefix, nodes, local: memoryCounters(clock), clock, metrics })
}

const like = (store: Store, changes: Partial<Store>): Store => ({
  run: (script, keys, args) => store.run(script, keys, args),
  slotOf: (key) => store.slotOf(key),
  get isAway() {
    return store.isAway
  },
  close: () => store.close(),
  ...changes,
})

/** Scripts see the time that `now` tells, in milliseconds, in place of Redis's own. */
export const atTime = (store: Store, now: () => number): Store =>
  like(store, { run: (script, keys, args) => store.run(heldAt(script, now()), keys, args) })

function heldAt({ text }: Script, now: number): Script {
  const [seconds, microseconds] = [Math.floor(now / 1000), (now % 1000) * 1000]
  const told = text.replace(`redis.call('TIME')`, `{ '${seconds}', '${microseconds}' }`)
  if (told === text) throw new Error('the script does not ask for the time')
  return { text: told, sha1: hash('sha1', told) }
}

/** Counts what is asked, and fails what is asked of keys for which `fails` holds; slots are told by key. */
export function watched(store: Store, { slotOf = () => 0 }: { readonly slotOf?: Store['slotOf'] } = {}) {
  const watch = { asked: 0, answered: 0, fails: (_key: string): boolean => false }
  const run: Store['run'] = async (script, keys, args) => {
    watch.asked++
    if (keys.some(watch.fails)) throw new StoreAway('gone')
    if (new Set(keys.map(slotOf)).size > 1) throw new Error('CROSSSLOT')
    const reply = await store.run(script, keys, args)
    watch.answered++
    return reply
  }
  return { watch, store: like(store, { run, slotOf }) }
}

/** Nothing is asked of it. */
export const awayStore: Store = {
  run: async () => {
    throw new Error('a store that is away was asked')
  },
  slotOf: () => 0,
  isAway: true,
  close: async () => {},
}
