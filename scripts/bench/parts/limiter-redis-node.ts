/** Prints what a node measures that counts in Redis, as JSON. Arguments: algorithm, port and process of Redis, rounds. */

import { systemClock } from '../../../src/services/clock.ts'
import type { Limit } from '../../../src/services/counters/counters.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { redisCounters } from '../../../src/services/counters/redis/counters.ts'
import { createLog } from '../../../src/services/log.ts'
import { Metrics } from '../../../src/services/metrics.ts'
import { openStore } from '../../../src/services/redis/open-store.ts'
import { readStateSettings } from '../../../src/services/state/settings.ts'
import { Status } from '../../../src/services/status.ts'
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

const settings = readStateSettings({ url: `redis://127.0.0.1:${port}`, prefix: 'bench', deadline: '1s' })
if (settings === undefined) throw new Error('no url of Redis')
const world = { clock: systemClock, metrics: new Metrics(), status: new Status(), log: createLog({ pretty: false }) }
const store = await openStore(settings, world)

const counters = redisCounters(store, {
  prefix: 'bench',
  nodes: 1,
  local: memoryCounters(systemClock),
  clock: systemClock,
  metrics: world.metrics,
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
