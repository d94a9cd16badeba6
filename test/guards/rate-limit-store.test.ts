/** What a client sees of `onStoreFailure`. */

import test, { type ExecutionContext } from 'ava'
import type { Plan } from '../../src/guards/guard.ts'
import { rateLimit } from '../../src/guards/rate-limit/rate-limit.ts'
import type { Services } from '../../src/services/services.ts'
import { hostGuard, type Received, siteOf } from '../helpers/guard-host.ts'
import { awayStore, nodeOn, startStore } from '../services/counters/redis/stores.ts'

type Block = Parameters<typeof rateLimit.compile>[0]

const limit = { by: 'ip', limit: 2, per: '1h' } as const

const planOf = (block: Block, store = awayStore): Plan =>
  rateLimit.compile(block, siteOf(), { counters: nodeOn(store) } as Services) as Plan

/** Sends so many requests, one after the other. */
async function answers(t: ExecutionContext, plan: Plan, count: number): Promise<readonly Received[]> {
  const send = await hostGuard(t, { plan })
  const received: Received[] = []
  while (received.length < count) received.push(await send())
  return received
}

test('counts in Redis: headers and refusals are those of a limit in memory', async (t) => {
  const { store } = await startStore(t)
  const received = await answers(t, planOf([limit], store), 3)
  t.deepEqual(
    received.map(({ status, headers }) => [status, headers.ratelimit, headers['retry-after']]),
    [
      [200, '"ip";r=1;t=1800', undefined],
      [200, '"ip";r=0;t=3600', undefined],
      [429, '"ip";r=0;t=3600', '1800'],
    ],
  )
})

test('`local`, also untold, goes on counting', async (t) => {
  for (const block of [[limit], [{ ...limit, onStoreFailure: 'local' as const }]]) {
    const received = await answers(t, planOf(block), 3)
    t.deepEqual(
      received.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']]),
      [
        [200, '1'],
        [200, '0'],
        [429, '0'],
      ],
    )
  }
})

test('`allow` lets everything pass, and tells nothing of the limit', async (t) => {
  for (const { status, headers } of await answers(t, planOf([{ ...limit, onStoreFailure: 'allow' }]), 5)) {
    t.is(status, 200)
    t.false('ratelimit' in headers)
  }
})

test('`deny` refuses with 503 and says when to come back', async (t) => {
  const [refused] = await answers(t, planOf([limit, { ...limit, name: 'strict', onStoreFailure: 'deny' }]), 1)
  t.is(refused?.status, 503)
  t.is(refused?.headers['retry-after'], '1')
  t.like(JSON.parse(refused?.body ?? ''), { code: 'state_unavailable', message: 'Shared state unavailable' })
  const plan = planOf([{ ...limit, onStoreFailure: 'deny' }])
  t.like(plan.steps?.[0]?.decide({ address: '192.0.2.1' } as never), {
    cause: 'limit `test/ip` cannot be counted: the store does not answer',
  })
})

test('an API document tells of 503 only where a limit refuses so', (t) => {
  const refusals = (onStoreFailure: 'local' | 'deny') =>
    rateLimit.describe?.([{ ...limit, onStoreFailure }], siteOf())?.refusals
  t.deepEqual(refusals('local'), ['rate_limited'])
  t.deepEqual(refusals('deny'), ['rate_limited', 'state_unavailable'])
})
