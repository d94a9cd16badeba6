/** More calls than there may be connections: the others wait, in the order in which they came. */

import { PassThrough } from 'node:stream'
import test from 'ava'
import { freePort } from '../../helpers/free-port.ts'
import { type Asked, answerWith, behindPools, type Peer, serve, type Upstream } from './serve.ts'

const most = 1024
const gone = new Error('the exchange is over')

/** Every connection that there may be, each with a call. */
async function fill(upstream: Upstream): Promise<readonly Asked[]> {
  const running = Array.from({ length: most }, () => upstream.ask({ path: '/running' }))
  await upstream.peer(most - 1)
  for (const peer of upstream.peers) await peer.head()
  return running
}

test('calls beyond 1024 wait for a connection to be free, or for one to end', async (t) => {
  const upstream = await serve(t)
  await fill(upstream)
  const [given, first, second] = ['/given-up', '/first', '/second'].map((path) =>
    upstream.ask({ path, method: 'POST' }),
  )
  given?.call.abort(gone)
  given?.call.abort(gone)
  t.like(await given?.failure(), { error: gone, stale: false })
  const [freed, ended] = upstream.peers as [Peer, Peer]
  freed.send(answerWith('ok'))
  t.is(await freed.path(), '/first')
  ended.socket.destroy()
  const added = await upstream.peer(most)
  t.is(await added.path(), '/second')
  t.is(upstream.peers.length, most + 1)
  for (const peer of [freed, added]) peer.send(answerWith('ok'))
  for (const asked of [first, second]) t.is((await asked?.whole())?.status, 200)
  const last = upstream.ask({ path: '/last' })
  t.is(await added.path(), '/last')
  added.send(answerWith('ok'))
  await last.whole()
})

test('calls keep their order where a connection is too old to be used again', async (t) => {
  const upstream = await serve(t)
  await fill(upstream)
  upstream.clock.pass(61_000)
  for (const path of ['/1', '/2', '/3']) upstream.ask({ path })
  const [first, second, third] = upstream.peers as [Peer, Peer, Peer]
  const pathOn = async (peer: Peer, index: number) => {
    peer.send(answerWith('ok'))
    await peer.closed
    return await (await upstream.peer(most + index)).path()
  }
  t.deepEqual([await pathOn(first, 0), await pathOn(second, 1), await pathOn(third, 2)], ['/1', '/2', '/3'])
})

test('a call whose body was closed while it waited fails once, and the next has its turn', async (t) => {
  const upstream = await serve(t)
  await fill(upstream)
  const body = new PassThrough()
  const closed = upstream.ask({ method: 'POST', body }, { failed: ({ call }) => call.abort(gone) })
  upstream.ask({ path: '/next' })
  body.destroy()
  const [first] = upstream.peers as [Peer]
  first.send(answerWith('ok'))
  t.is((await closed.failure()).error.message, 'the body ended before it was whole')
  await first.closed
  t.is(first.text, '')
  t.is(await (await upstream.peer(most)).path(), '/next')
})

test('a connection that cannot be made passes its turn on', async (t) => {
  const { ask } = behindPools(t, { origin: `http://127.0.0.1:${await freePort()}` })
  const asked = Array.from({ length: most + 20 }, () => ask())
  const failures = await Promise.all(asked.map((one) => one.failure()))
  t.deepEqual(new Set(failures.map(({ error }) => error.code)), new Set(['ECONNREFUSED']))
  t.true(failures.every(({ stale }) => !stale))
})

test('close fails what runs and what waits, once each, and ends every connection', async (t) => {
  const upstream = await serve(t)
  const running = await fill(upstream)
  const waiting = [upstream.ask(), upstream.ask({ method: 'POST' })]
  upstream.pools.close()
  const failures = await Promise.all([...running, ...waiting].map((asked) => asked.failure()))
  const messages = new Set(failures.map(({ error }) => error.message))
  t.deepEqual(messages, new Set(['the connections to the upstream were closed']))
  await Promise.all(upstream.peers.map(({ closed }) => closed))
  for (const asked of waiting) asked.call.abort(gone)
  t.is((await upstream.ask().failure()).error.message, 'the connections to the upstream were closed')
  t.is(upstream.peers.length, most)
})

test('a call that wants a new connection gets one, or where there may be no more, one that is free', async (t) => {
  const upstream = await serve(t)
  await fill(upstream)
  const [first, second] = upstream.peers as [Peer, Peer]
  const [waits, free] = [upstream.ask({ path: '/waits', fresh: true }), upstream.ask({ path: '/free' })]
  first.send(answerWith('ok'))
  t.is(await first.path(), '/waits')
  second.send(answerWith('ok'))
  t.is(await second.path(), '/free')
  for (const peer of [first, second]) peer.send(answerWith('ok'))
  for (const asked of [waits, free]) await asked.whole()
  upstream.ask({ path: '/full', fresh: true })
  t.is(await Promise.any([first.path(), second.path()]), '/full')
})
