/** A node that takes from one limit, in a process of its own; prints Redis's time of each take that was allowed. */

import { Redis } from 'ioredis'
import { systemClock } from '../../../../src/services/clock.ts'
import type { Limit } from '../../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../../src/services/counters/memory.ts'
import { redisCounters } from '../../../../src/services/counters/redis/counters.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import type { Store } from '../../../../src/services/redis/store.ts'

const { port, limit, takes, milliseconds } = JSON.parse(process.argv[2] ?? '') as {
  readonly port: number
  readonly limit: Limit
  /** At once, over and over for so many milliseconds. */
  readonly takes: number
  readonly milliseconds: number
}

const redis = new Redis({ port, host: '127.0.0.1' })
const times: number[] = []

/** Looks at what Redis answers: its time, then three figures a take, of which the last is 0 where it was allowed. */
const store: Store = {
  async run({ text }, keys, args) {
    const reply = (await redis.eval(text, keys.length, ...keys, ...args)) as readonly number[]
    for (let at = 3; at < reply.length; at += 3) if (reply[at] === 0) times.push(reply[0] ?? 0)
    return reply
  },
  slotOf: () => 0,
  isAway: false,
  close: async () => redis.disconnect(),
}

const counters = redisCounters(store, {
  prefix: 'portcullis',
  nodes: 1,
  local: memoryCounters(systemClock),
  clock: systemClock,
  metrics: new Metrics(),
})

await redis.ping()
process.stdout.write('ready\n')
await new Promise((go) => process.stdin.once('data', go))
let allowed = 0
const end = performance.now() + milliseconds
do {
  const batches = await Promise.all(
    Array.from({ length: takes }, async () => counters.take([{ limit, key: 'a', cost: 1 }])),
  )
  allowed += batches.filter((batch) => batch.allowed).length
  await new Promise((turn) => setImmediate(turn))
} while (performance.now() < end)
redis.disconnect()
process.stdin.destroy()
process.stdout.write(`${JSON.stringify({ allowed, times })}\n`)
