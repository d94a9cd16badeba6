import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { UpstreamPools } from '../../src/services/upstreams/pools.ts'
import type { AnswerReceiver, Calls } from '../../src/services/upstreams/upstreams.ts'
import { HandClock } from '../helpers/hand-clock.ts'

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

/** Resolves with the status once the answer is whole. */
function ask(calls: Calls): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let answered = 0
  const receiver: AnswerReceiver = {
    begun(status) {
      answered = status
    },
    received() {},
    ended: () => resolve(answered),
    failed: reject,
  }
  calls.call({ path: '/', method: 'GET', lines: '', body: undefined }, receiver)
  return promise
}

test('fails what is asked of it after it was closed', async (t) => {
  const clock = new HandClock()
  const upstreams = new UpstreamPools(clock)
  const calls = upstreams.calls({ origin: 'http://127.0.0.1:1' })
  upstreams.close()
  clock.pass(61_000)
  await t.throwsAsync(ask(calls), { message: 'the connections to the upstream were closed' })
})

/** A server that counts connections and answers as it is told, behind pools whose clock stands still. */
async function serve(t: ExecutionContext, answer: (res: ServerResponse) => void) {
  const seen = { connections: 0 }
  const server = createServer((_, res) => answer(res)).on('connection', () => void seen.connections++)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const clock = new HandClock()
  const upstreams = new UpstreamPools(clock)
  t.teardown(() => {
    upstreams.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { seen, clock, calls: upstreams.calls({ origin: `http://127.0.0.1:${port}` }) }
}

test('opens a new connection after a minute, so that the name is looked up again', async (t) => {
  const { seen, clock, calls } = await serve(t, (res) => res.end())
  /** Counts the connections made so far, once the one that was used is free again. */
  const askAfter = async (milliseconds: number) => {
    clock.pass(milliseconds)
    await ask(calls)
    for (let turn = 0; turn < 3; turn++) await setImmediate()
    return seen.connections
  }
  t.deepEqual([await askAfter(0), await askAfter(30_000), await askAfter(31_000)], [1, 1, 2])
})

test('what runs when connections are renewed ends where it began', async (t) => {
  const waiting: ServerResponse[] = []
  const { clock, calls } = await serve(t, (res) => void (waiting.push(res) === 2 && finish()))
  const finish = () => {
    for (const [index, res] of waiting.entries()) res.writeHead(200 + index).end()
  }
  const old = ask(calls)
  clock.pass(61_000)
  t.deepEqual(await Promise.all([old, ask(calls)]), [200, 201])
})
