/** Prints what a node measures that counts in Redis, as JSON. Arguments: algorithm, port and process of Redis, rounds. */

import { Redis } from 'ioredis'
import { systemClock } from '../../../src/services/clock.ts'
import type { Limit } from '../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { redisCounters } from '../../../src/services/counters/redis/counters.ts'
import { Metrics } from '../../../src/services/metrics.ts'
import type { Store } from '../../../src/services/redis/store.ts'
import { cpuOf } from '../peer.ts'

export interface Round {
  /** Decisions a second. */
  readonly rate: number
  /** Nanoseconds of processor time for a decision. */
  readonly node: number
  readonly redis: number
}

const [algorithm, port, redisProcess, rounds] = process.argv.slice(2)
const atOnce = 64
const decisions = 200_000
const clients = Array.from({ length: 1_000 }, (_, index) => `user:4:shopuser-${index}`)

const redis = new Redis({ host: '127.0.0.1', port: Number(port) })
const store: Store = {
  run: ({ text, sha1 }, keys, args) =>
    redis.evalsha(sha1, keys.length, ...keys, ...args).catch(() => redis.eval(text, keys.length, ...keys, ...args)),
  slotOf: () => 0,
  isAway: false,
  close: async () => redis.disconnect(),
}

const counters = redisCounters(store, {
  prefix: 'bench',
  nodes: 1,
  local: memoryCounters(systemClock),
  clock: systemClock,
  metrics: new Metrics(),
})

const limit: Limit = {
  id: 'bench',
  algorithm: algorithm === 'sliding-window' ? 'sliding-window' : 'token-bucket',
  limit: 1_000_000,
  period: 3_600_000,
  burst: 1_000_000,
  onStoreFailure: 'local',
}

/** Every caller asks again as soon as it has its answer. */
async function decide(count: number): Promise<void> {
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const { allowed } = await counters.take([{ limit, key: clients[left % clients.length] ?? '', cost: 1 }])
      if (!allowed) throw new Error('a limit that is not used up has refused')
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
}

async function measure(): Promise<Round> {
  const [began, spent, theirs] = [performance.now(), process.cpuUsage(), cpuOf(Number(redisProcess))]
  await decide(decisions)
  const { user, system } = process.cpuUsage(spent)
  return {
    rate: (decisions * 1000) / (performance.now() - began),
    node: ((user + system) * 1000) / decisions,
    redis: ((cpuOf(Number(redisProcess)) - theirs) * 1e9) / decisions,
  }
}

await decide(decisions)
const measured: Round[] = []
while (measured.length < Number(rounds)) measured.push(await measure())
await store.close()
process.stdout.write(JSON.stringify(measured))
