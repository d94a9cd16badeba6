/** The limits of one gate as one step: taken all or none, and told to the client. */

import { type Denial, deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Quota } from '../../core/quota.ts'
import type { Batch, Counters, Limit, Standing, Take } from '../../services/counters/counters.ts'
import type { Gate, Step } from '../guard.ts'
import type { NamedLimit, RouteLimit } from './compile-limit.ts'
import { wholeSeconds } from './write-quota.ts'

interface NamedTake extends Take {
  readonly limit: NamedLimit
}

/** How a route takes: so many units of each limit. */
interface Taking {
  readonly counters: Counters
  readonly cost: number
}

/** A step that decides at once where the counters answer at once; it quotes the line of its first limit. */
export function limitStep(
  gate: Gate,
  limits: readonly [RouteLimit, ...RouteLimit[]],
  { counters, cost }: Taking,
): Step {
  const { file, line } = limits[0].site
  return {
    guard: 'rateLimit',
    gate,
    source: Object.freeze({ file, line }),
    decide: function rateLimitGuard(exchange) {
      const takes = limits.map((limit) => ({ limit: limit.numbers(exchange), key: limit.key(exchange), cost }))
      const batch = counters.take(takes)
      if (batch instanceof Promise) return batch.then((late) => settle(exchange, takes, late))
      return settle(exchange, takes, batch)
    },
  }
}

/** A second on, the store may be back: its circuit closes by itself. */
const secondsAway = '1'

function settle(exchange: Exchange, takes: readonly NamedTake[], batch: Batch): Denial | undefined {
  const { allowed, standings, unavailable } = batch
  if (unavailable !== undefined) return refuseUncounted(unavailable)
  takes.forEach(({ limit }, index) => {
    const standing = standings[index]
    if (standing && isNearer(standing, exchange.quota)) exchange.quota = quotaOf(limit, standing)
  })
  return allowed ? undefined : refuse(exchange.quota)
}

/** Of two limits that refuse, the one that takes longer; else the one with less left; else the one that is whole later. */
function isNearer(standing: Standing, quota: Quota | undefined): boolean {
  if (quota === undefined) return true
  if (standing.retryAfter !== quota.retryAfter) return standing.retryAfter > quota.retryAfter
  if (standing.remaining !== quota.remaining) return standing.remaining < quota.remaining
  return standing.reset > quota.reset
}

function quotaOf({ id, name, burst, limit, period }: NamedLimit, { remaining, reset, retryAfter }: Standing): Quota {
  return { id, name, size: burst, limit, seconds: wholeSeconds(period), remaining, reset, retryAfter }
}

function refuseUncounted({ id }: Limit): Denial {
  const cause = `limit \`${id}\` cannot be counted: the store does not answer`
  return deny('state_unavailable', { headers: ['Retry-After', secondsAway], cause })
}

function refuse(quota: Quota | undefined): Denial {
  const seconds = Math.max(1, wholeSeconds(quota?.retryAfter ?? 0))
  return deny('rate_limited', { headers: ['Retry-After', `${seconds}`], cause: `limit \`${quota?.id}\` is used up` })
}
