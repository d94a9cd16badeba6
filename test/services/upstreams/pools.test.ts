/** One pool a target, and what becomes of its connections. */

import { createServer, type ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { UpstreamPools } from '../../../src/services/upstreams/pools.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { serve } from './serve.ts'

test('gives one pool a target, and another where anything about it differs', (t) => {
  const upstreams = new UpstreamPools(new HandClock())
  t.teardown(() => upstreams.close())
  const origin = 'https://a.example'
  const first = upstreams.calls({ origin })
  t.is(upstreams.calls({ origin, ca: undefined }), first)
  for (const target of [{ origin: 'https://b.example' }, { origin, ca: 'x' }, { origin, serverName: 'x' }]) {
    t.not(upstreams.calls(target), first)
  }
})

test('closed pools fail what is asked later, of targets that were known and of others', async (t) => {
  const upstream = await serve(t)
  const origin = `http://127.0.0.1:${upstream.port}`
  upstream.pools.close()
  upstream.clock.pass(61_000)
  const later = [upstream.calls, upstream.pools.calls({ origin }), upstream.pools.calls({ origin, serverName: 'x' })]
  for (const calls of later) {
    const asked = upstream.ask({}, {}, calls)
    t.true(asked.isOver)
    const { error, stale } = await asked.failure()
    t.deepEqual([error.message, stale], ['the connections to the upstream were closed', false])
  }
  t.is(upstream.peers.length, 0)
})

/** A server of HTTP that counts connections and answers as it is told. */
async function serveHttp(t: ExecutionContext, answer: (res: ServerResponse) => void) {
  const server = createServer((_, res) => answer(res))
  return serve(t, server)
}

test('opens a new connection after a minute, so that the name is looked up again', async (t) => {
  const { peers, clock, ask } = await serveHttp(t, (res) => res.end())
  for (let second = 0; second < 60; second += 2) {
    await ask().whole()
    clock.pass(2_000)
  }
  t.is(peers.length, 1)
  await ask().whole()
  t.is(peers.length, 2)
})

test('what runs when connections are renewed ends where it began', async (t) => {
  const waiting: ServerResponse[] = []
  const { clock, ask } = await serveHttp(t, (res) => void (waiting.push(res) === 2 && finish()))
  const finish = () => {
    for (const [index, res] of waiting.entries()) res.writeHead(200 + index).end()
  }
  const old = ask()
  clock.pass(61_000)
  const statuses = (await Promise.all([old.whole(), ask().whole()])).map(({ status }) => status)
  t.deepEqual(statuses.toSorted(), [200, 201])
})
