import test from 'ava'
import type { Judge } from '../../src/core/decision.ts'
import { deny } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { RouteFacts } from '../../src/core/site.ts'
import { Metrics, metricsObserver } from '../../src/services/metrics.ts'

const source = { file: 'a.yaml', line: 1 }
const facts = (over: Partial<RouteFacts> = {}): RouteFacts => ({
  service: 'orders',
  method: 'GET',
  path: '/orders/:id',
  params: ['id'],
  prefix: '',
  reportOnly: [],
  cost: 1,
  source,
  ...over,
})
const judges = (...guards: readonly string[]): readonly Judge[] => guards.map((guard) => ({ guard, source }))

interface Ran {
  readonly route?: RouteFacts | undefined
  readonly method?: string
  readonly judges?: readonly Judge[]
  readonly passed?: number
  readonly denied?: boolean
  readonly reported?: readonly number[]
  readonly status?: number
  readonly milliseconds?: number
}

/** Counts an exchange that ran so. */
function count(
  metrics: Metrics,
  {
    method = 'GET',
    judges: by = [],
    passed = by.length,
    denied = false,
    reported = [],
    status = 200,
    milliseconds = 3,
    ...ran
  }: Ran,
): void {
  const denial = deny('forbidden')
  const verdicts = reported.flatMap((index) => (by[index] === undefined ? [] : [{ judge: by[index], denial }]))
  const decision = {
    judges: by,
    passed,
    reported: verdicts,
    denial: denied ? denial : undefined,
    judge: denied ? by[passed] : undefined,
  }
  const observer = metricsObserver(metrics)
  const exchange = { method, decision, route: ran.route } as unknown as Exchange
  observer.started?.(exchange)
  observer.finished?.(exchange, { status, milliseconds, aborted: false })
}

const lines = async (metrics: Metrics, name: string): Promise<readonly string[]> =>
  (await metrics.expose()).text.split('\n').filter((line) => line.startsWith(`portcullis_${name}`))

test('counts requests by route pattern, method and status', async (t) => {
  const metrics = new Metrics()
  const route = facts()
  for (const status of [200, 200, 404]) count(metrics, { route, status })
  count(metrics, { route, method: 'HEAD' })
  count(metrics, { route: facts({ method: 'ANY', path: '/any' }), method: 'PROPFIND', status: 405 })
  count(metrics, { status: 404 })
  t.deepEqual((await lines(metrics, 'requests_total')).toSorted(), [
    'portcullis_requests_total{route="ANY /any",service="orders",method="other",status="405"} 1',
    'portcullis_requests_total{route="GET /orders/:id",service="orders",method="GET",status="200"} 2',
    'portcullis_requests_total{route="GET /orders/:id",service="orders",method="GET",status="404"} 1',
    'portcullis_requests_total{route="GET /orders/:id",service="orders",method="HEAD",status="200"} 1',
    'portcullis_requests_total{route="none",service="none",method="GET",status="404"} 1',
  ])
})

test('counts durations into cumulative buckets', async (t) => {
  const metrics = new Metrics()
  const route = facts()
  for (const milliseconds of [1, 2, 600, 90_000]) count(metrics, { route, milliseconds })
  const written = (await lines(metrics, 'request_duration_seconds')).filter((line) => line.includes('orders'))
  const labels = 'route="GET /orders/:id",service="orders"'
  const bucket = (le: string, value: number) =>
    t.true(
      written.includes(`portcullis_request_duration_seconds_bucket{${labels},le="${le}"} ${value}`),
      written.join('\n'),
    )
  bucket('0.001', 1)
  bucket('0.0025', 2)
  bucket('0.5', 2)
  bucket('1', 3)
  bucket('30', 3)
  bucket('+Inf', 4)
  t.true(written.includes(`portcullis_request_duration_seconds_sum{${labels}} 90.603`))
  t.true(written.includes(`portcullis_request_duration_seconds_count{${labels}} 4`))
  t.true((await metrics.expose()).text.includes('# TYPE portcullis_request_duration_seconds histogram'))
})

const decision = (guard: string, outcome: string, mode: string, value: number, route = 'GET /orders/:id') =>
  `portcullis_decisions_total{route="${route}",service="orders",guard="${guard}",mode="${mode}",outcome="${outcome}"} ${value}`

test('counts what every guard decided: those passed allowed, one denied, the rest were not asked', async (t) => {
  const metrics = new Metrics()
  const route = facts()
  const by = judges('rateLimit', 'authenticate', 'rateLimit', 'scopes')
  count(metrics, { route, judges: by })
  count(metrics, { route, judges: by, passed: 3, denied: true })
  count(metrics, { route, judges: by, passed: 1, denied: true })
  t.deepEqual(await lines(metrics, 'decisions_total'), [
    decision('scopes', 'allow', 'enforced', 1),
    decision('scopes', 'deny', 'enforced', 1),
    decision('authenticate', 'allow', 'enforced', 2),
    decision('authenticate', 'deny', 'enforced', 1),
    decision('rateLimit', 'allow', 'enforced', 5),
    decision('rateLimit', 'deny', 'enforced', 0),
  ])
})

test('counts what guards in report-only mode would have denied', async (t) => {
  const metrics = new Metrics()
  const route = facts({ reportOnly: ['scopes'] })
  const by = judges('authenticate', 'scopes')
  count(metrics, { route, judges: by })
  count(metrics, { route, judges: by, reported: [1] })
  count(metrics, { route, judges: by, reported: [1] })
  const written = await lines(metrics, 'decisions_total')
  t.true(written.includes(decision('scopes', 'allow', 'reportOnly', 1)))
  t.true(written.includes(decision('scopes', 'deny', 'reportOnly', 2)))
  t.true(written.includes(decision('authenticate', 'allow', 'enforced', 3)))
})

test('goes on counting over a reload, which brings other facts and judges', async (t) => {
  const metrics = new Metrics()
  count(metrics, { route: facts(), judges: judges('authenticate') })
  count(metrics, { route: facts(), judges: judges('network', 'authenticate') })
  count(metrics, { route: facts({ reportOnly: ['network'] }), judges: judges('network', 'authenticate') })
  t.deepEqual(await lines(metrics, 'requests_total'), [
    'portcullis_requests_total{route="GET /orders/:id",service="orders",method="GET",status="200"} 3',
  ])
  const written = await lines(metrics, 'decisions_total')
  t.true(written.includes(decision('authenticate', 'allow', 'enforced', 3)))
  t.true(written.includes(decision('network', 'allow', 'enforced', 1)))
  t.true(written.includes(decision('network', 'allow', 'reportOnly', 1)))
})

test('shows what is in flight, and the policy in force', async (t) => {
  const metrics = new Metrics()
  t.deepEqual(await lines(metrics, 'policy_info'), [])
  metrics.policy = { digest: 'abc', loaded: 1_700_000_000_000 }
  metrics.begin()
  t.deepEqual(await lines(metrics, 'requests_in_flight'), ['portcullis_requests_in_flight 1'])
  metrics.policy = { digest: 'def', loaded: 1_700_000_001_500 }
  t.deepEqual(await lines(metrics, 'policy_info'), ['portcullis_policy_info{digest="def"} 1'])
  t.deepEqual(await lines(metrics, 'policy_loaded'), ['portcullis_policy_loaded_timestamp_seconds 1700000001.5'])
})

test('writes the same numbers each time it is asked', async (t) => {
  const metrics = new Metrics()
  count(metrics, { route: facts(), judges: judges('scopes') })
  t.deepEqual(await lines(metrics, 'decisions_total'), await lines(metrics, 'decisions_total'))
  t.deepEqual(await lines(metrics, 'requests_total'), await lines(metrics, 'requests_total'))
})

test('escapes what would break a line', async (t) => {
  const metrics = new Metrics()
  count(metrics, { route: facts({ service: 'a"b\\c\nd' }) })
  t.deepEqual(await lines(metrics, 'requests_total'), [
    'portcullis_requests_total{route="GET /orders/:id",service="a\\"b\\\\c\\nd",method="GET",status="200"} 1',
  ])
})

test('counts what was left out of answers, and what would have been', async (t) => {
  const metrics = new Metrics()
  const observer = metricsObserver(metrics)
  const finish = (withheld: object) => {
    const decision = { judges: [], passed: 0, reported: [], denial: undefined, judge: undefined, withheld }
    observer.finished?.({ method: 'GET', decision, route: facts() } as unknown as Exchange, {
      status: 200,
      milliseconds: 1,
      aborted: false,
    })
  }
  finish({ fields: 3, items: 1 })
  finish({ fields: 2, items: 0 })
  finish({ fields: 0, items: 4, reportOnly: true })
  const { text } = await metrics.expose()
  const samples = text.match(/^portcullis_withheld_total.*$/gm)
  const labels = 'route="GET /orders/:id",service="orders"'
  t.deepEqual(samples, [
    `portcullis_withheld_total{${labels},mode="enforced",part="field"} 5`,
    `portcullis_withheld_total{${labels},mode="enforced",part="item"} 1`,
    `portcullis_withheld_total{${labels},mode="reportOnly",part="field"} 0`,
    `portcullis_withheld_total{${labels},mode="reportOnly",part="item"} 4`,
  ])
})
