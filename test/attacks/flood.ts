/** A process of its own that counts a flood of keys, a million and a half of one request each; says how much memory it takes. */

import type { Exchange } from '../../src/core/exchange.ts'
import { rateLimit } from '../../src/guards/rate-limit/rate-limit.ts'
import { memoryCounters } from '../../src/services/counters/memory.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { siteOf } from '../helpers/guard-host.ts'
import { HandClock } from '../helpers/hand-clock.ts'

const keys = 1_500_000
const counters = memoryCounters(new HandClock())
const block = [{ by: '${headers.x-key}', limit: 2, per: '1h' }]
const { steps } = await rateLimit.compile(block, siteOf(), { counters } as unknown as Services)
const [step] = steps ?? []
if (step === undefined) throw new Error('expected a step')

/** Takes one for a key; whether it was refused. */
function take(exchange: Exchange, key: string): boolean {
  exchange.input.headers = { 'x-key': key }
  exchange.quota = undefined
  return step?.decide(exchange) !== undefined
}

const exchange = exchangeOf()
const victim = 'the one that is used up'
for (let i = 0; i < 2; i++) take(exchange, victim)
const before = process.memoryUsage().rss
let peak = 0
for (let i = 0; i < keys; i++) {
  take(exchange, `${i}-${'é'.repeat(i % 200)}`)
  if (i % 100_000 === 0) peak = Math.max(peak, process.memoryUsage().rss)
}
process.stdout.write(
  JSON.stringify({ held: counters.size, megabytes: (peak - before) / 2 ** 20, refused: take(exchange, victim) }),
)
