import test from 'ava'
import { Metrics } from '../../../src/services/metrics.ts'
import { NodeMetrics } from '../../../src/services/primary/node-metrics.ts'
import { SummedMetrics } from '../../../src/services/primary/sum-metrics.ts'
import { WorkerMetrics } from '../../../src/services/primary/worker-metrics.ts'
import { linked } from '../../helpers/linked.ts'

const family = (name: string, type: string, ...samples: readonly string[]) =>
  `# HELP ${name} What it is.\n# TYPE ${name} ${type}\n${samples.join('\n')}\n\n`

const summed = (...texts: readonly string[]) => texts.reduce((all, text) => all.add(text), new SummedMetrics()).write()

test('adds up what processes counted, and what only one of them has is there, too', (t) => {
  const one = family('a_total', 'counter', 'a_total{route="GET /",x="1 2"} 3', 'a_total{route="b"} 1')
  const other = family('a_total', 'counter', 'a_total{route="GET /",x="1 2"} 4', 'a_total{route="c"} 2')
  t.is(
    summed(one, other),
    family('a_total', 'counter', 'a_total{route="GET /",x="1 2"} 7', 'a_total{route="b"} 1', 'a_total{route="c"} 2'),
  )
})

test('of what is no sum, it tells what says more', (t) => {
  const of = (samples: Readonly<Record<string, number | string>>) =>
    Object.entries(samples)
      .map(([name, value]) => family(name.replace(/\{.*/, ''), 'gauge', `${name} ${value}`))
      .join('')
  const one = {
    'portcullis_policy_info{digest="a"}': 1,
    portcullis_state_up: 1,
    portcullis_revocations_held: 3,
    process_start_time_seconds: 100,
    nodejs_eventloop_lag_p99_seconds: 0.2,
    nodejs_eventloop_lag_mean_seconds: 'NaN',
    process_resident_memory_bytes: 10,
    odd: '+Inf',
  }
  const other = {
    'portcullis_policy_info{digest="a"}': 1,
    portcullis_state_up: 0,
    portcullis_revocations_held: 3,
    process_start_time_seconds: 90,
    nodejs_eventloop_lag_p99_seconds: 0.1,
    nodejs_eventloop_lag_mean_seconds: 0.5,
    process_resident_memory_bytes: 20,
    odd: '1',
  }
  t.is(
    summed(of(one), of(other)),
    of({
      ...one,
      portcullis_state_up: 0,
      process_start_time_seconds: 90,
      nodejs_eventloop_lag_mean_seconds: 0.5,
      process_resident_memory_bytes: 30,
    }),
  )
})

test('what one process exposes is the same when it is summed alone', async (t) => {
  const { text } = await new Metrics().expose()
  const plain = (told: string) => told.replaceAll('Nan', 'NaN').split('\n').filter(Boolean)
  t.deepEqual(plain(summed(text)), plain(text))
})

test('whoever of the node is asked tells of all, and totals outlive their worker', async (t) => {
  const node = new NodeMetrics()
  const workers = [1, 2, 3].map((lost) => {
    const link = linked()
    const metrics = new WorkerMetrics(link.worker)
    metrics.auditLost = lost
    metrics.inFlight = lost
    node.admit(link.primary)
    return { ...link, metrics }
  })
  const [first] = workers
  const figures = async (metrics: Metrics = node) => {
    const { text } = await metrics.expose()
    return ['portcullis_audit_lost_total', 'portcullis_requests_in_flight'].map((name) =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]),
    )
  }
  t.deepEqual(await figures(), [6, 6])
  t.deepEqual(await figures(workers[2]?.metrics), [6, 6])
  first?.cut()
  t.deepEqual(await figures(), [6, 5])
  t.deepEqual(await figures(first?.metrics), [1, 1])
})

test('reloads are those that the primary counts', async (t) => {
  const node = new NodeMetrics()
  const link = linked()
  node.admit(link.primary)
  new WorkerMetrics(link.worker).policyReloads.add({ result: 'success' })
  node.policyReloads.add({ result: 'failure' })
  const { text } = await node.expose()
  t.regex(text, /portcullis_policy_reloads_total\{result="success"\} 0\n/)
  t.regex(text, /portcullis_policy_reloads_total\{result="failure"\} 1\n/)
})

test('a worker that hangs is passed over with what it said last', async (t) => {
  t.timeout(60_000)
  const node = new NodeMetrics()
  const link = linked()
  node.admit(link.primary)
  new WorkerMetrics(link.worker).auditLost = 5
  await node.expose()
  link.worker.handle('ownMetrics', () => new Promise(() => {}))
  t.regex((await node.expose()).text, /^portcullis_audit_lost_total 5$/m)
})
