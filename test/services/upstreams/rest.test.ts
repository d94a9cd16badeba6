/** A process whose connections to upstreams are free: none of them keeps it alive, and one that is used again does. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { answerWith, serve } from './serve.ts'

const source = new URL('../../../src/services/upstreams/pools.ts', import.meta.url).href

/** Asks, and once more where it is told so, when the connection has rested; says what it is told. */
const program = `
  import { UpstreamPools } from '${source}'
  const calls = new UpstreamPools({ monotonic: () => performance.now() }).calls({ origin: process.argv[1] })
  const ask = (path, then) =>
    calls.call({ method: 'GET', path, lines: '', body: undefined }, {
      begun() {},
      received() {},
      ended() { console.log('ended', path); then?.() },
      failed({ message }) { console.log(message) },
    })
  ask('/first', process.argv[2] ? () => setTimeout(ask, 3_000, '/second') : undefined)
`

function run(t: ExecutionContext, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const closed = once(child, 'close').then(() => said)
  return { exit, closed }
}

const kept = answerWith('ok', 'Keep-Alive: timeout=60')

test('a process ends though a connection is free', async (t) => {
  const upstream = await serve(t)
  const { exit, closed } = run(t, `http://127.0.0.1:${upstream.port}`)
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(kept)
  const started = performance.now()
  t.deepEqual(await exit, [0, null])
  t.true(performance.now() - started < 30_000)
  t.is(await closed, 'ended /first\n')
})

test('a process stays while a connection that has rested is used again', async (t) => {
  const upstream = await serve(t)
  const { closed } = run(t, `http://127.0.0.1:${upstream.port}`, 'again')
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(kept)
  t.is(await peer.path(), '/second')
  await new Promise((turn) => setTimeout(turn, 500))
  peer.send(kept)
  t.is(await closed, 'ended /first\nended /second\n')
  t.is(upstream.peers.length, 1)
})
