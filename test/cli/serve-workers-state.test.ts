/** `serve --workers` with state in Redis: limits and shared slots are counted there, a node's own slots in its primary. */

import test from 'ava'
import { call, settings, startCounting, startCrew } from '../helpers/crew.ts'
import { HeldServer } from '../helpers/held-server.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

/** Redis is to answer every time, however busy the machine is. */
const stateOf = (port: number) => `  state: { url: 'redis://127.0.0.1:${port}', deadline: 5s }\n`
const defaults = 'defaults: { authenticate: public }\n'

test.serial(
  'limits are exact over workers and nodes through Redis, and without it none exceeds its share',
  async (t) => {
    t.timeout(300_000)
    const redis = await startRedis(t)
    const upstream = await startCounting(t)
    const files = {
      'a.yaml': `${settings}${stateOf(redis.port)}${defaults}routes:
  GET /window:
    rateLimit: [{ name: window, by: all, limit: 100, per: 1d, algorithm: sliding-window }]
    upstream: ${upstream.url}
  GET /alone:
    rateLimit: [{ name: alone, by: all, limit: 90, per: 1d, algorithm: sliding-window }]
    upstream: ${upstream.url}
`,
    }
    const args = ['--workers', '3']
    const [one, two] = [await startCrew(t, files, { args }), await startCrew(t, files, { args })]
    const callAll = (path: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => call(`${(index % 2 === 0 ? one : two).url}${path}`)))
    const allowed = (await callAll('/window', 1_000)).filter(({ status }) => status === 200)
    t.is(allowed.length, 100)
    t.is(upstream.of('/window'), 100)
    await redis.kill()
    await until(() => one.logged().some(({ msg }) => /Redis/.test(String(msg))))
    const alone = await Promise.all(Array.from({ length: 600 }, () => call(`${one.url}/alone`)))
    t.deepEqual([...new Set(alone.map(({ status }) => status))].sort(), [200, 429])
    t.is(upstream.of('/alone'), 90)
  },
)

test.serial('slots of a node are its primary’s, shared ones are all nodes’', async (t) => {
  t.timeout(300_000)
  const redis = await startRedis(t)
  const [own, shared] = [await HeldServer.start(t), await HeldServer.start(t)]
  const files = {
    'a.yaml': `${settings}${stateOf(redis.port)}${defaults}routes:
  GET /own: { concurrency: { max: 2, queue: 1, wait: 60s }, upstream: '${own.url}' }
  GET /shared: { concurrency: { max: 3, queue: 1, wait: 60s, shared: true }, upstream: '${shared.url}' }
`,
  }
  const args = ['--workers', '3']
  const crews = [await startCrew(t, files, { args }), await startCrew(t, files, { args })]
  const callAll = (path: string) =>
    crews.flatMap(({ url }) => Array.from({ length: 10 }, () => call(`${url}${path}`).then(({ status }) => status)))
  const [ownCalls, sharedCalls] = [callAll('/own'), callAll('/shared')]
  let refused = 0
  for (const each of [...ownCalls, ...sharedCalls]) void each.then((status) => (refused += status === 503 ? 1 : 0))
  // Six of 20 have a slot or a place on two nodes, four over both.
  await until(() => refused === 14 + 16 && own.held.length === 4 && shared.held.length === 3)
  for (let ended = 0; ended < 6; ended++) await own.answer()
  for (let ended = 0; ended < 4; ended++) await shared.answer()
  const count = async (calls: readonly Promise<number>[]) =>
    (await Promise.all(calls)).filter((status) => status === 200)
  t.is((await count(ownCalls)).length, 6)
  t.is((await count(sharedCalls)).length, 4)
  t.is(own.most, 4)
  t.is(shared.most, 3)
})
