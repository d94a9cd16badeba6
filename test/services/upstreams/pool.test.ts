/** Which connection carries a request, and when a free one ends. */

import test from 'ava'
import { answerWith, type Peer, serve, type Upstream } from './serve.ts'

/** Asks, and has the connection of this number answer. */
async function askOn(upstream: Upstream, index: number, answer = answerWith('ok')): Promise<Peer> {
  const asked = upstream.ask()
  const peer = await upstream.peer(index)
  await peer.head()
  peer.send(answer)
  await asked.whole()
  return peer
}

/** Where the connection ends first, there is none. */
async function answerNext(peer: Peer): Promise<void> {
  await peer.head().then(
    () => peer.send(answerWith('ok')),
    () => undefined,
  )
}

test.serial(
  'runs one timer while a connection is free, which keeps no process alive, and none before or after',
  async (t) => {
    const timers: NodeJS.Timeout[] = []
    const real = globalThis.setInterval
    t.teardown(() => {
      globalThis.setInterval = real
    })
    globalThis.setInterval = ((run: () => void, delay: number) => {
      const timer = real(run, delay)
      timers.push(timer)
      return timer
    }) as typeof setInterval
    const running = () => timers.filter((timer) => !('_destroyed' in timer && timer._destroyed))
    const upstream = await serve(t)
    const asked = upstream.ask()
    const peer = await upstream.peer(0)
    await peer.head()
    t.deepEqual(running(), [], 'while the only connection is busy')
    peer.send(answerWith('ok'))
    await asked.whole()
    await askOn(upstream, 0)
    t.deepEqual(
      running().map((timer) => timer.hasRef()),
      [false],
    )
    upstream.clock.pass(4_000)
    await peer.closed
    while (running().length > 0) await new Promise((turn) => setTimeout(turn, 10))
    await askOn(upstream, 1)
    t.is(running().length, 1, 'once a connection is free again')
    upstream.pools.close()
    t.deepEqual(running(), [])
  },
)

test('opens no connection before the first request, and uses the one that was used last', async (t) => {
  const upstream = await serve(t)
  const asked = [upstream.ask({ path: '/0' }), upstream.ask({ path: '/1' }), upstream.ask({ path: '/2' })]
  const peers = await Promise.all([0, 1, 2].map(upstream.peer))
  for (const peer of peers) await peer.head()
  const [first, second, third] = peers as [Peer, Peer, Peer]
  for (const peer of [first, third, second]) {
    peer.send(answerWith('ok'))
    await Promise.race(asked.filter(({ isOver }) => !isOver).map((one) => one.whole()))
  }
  upstream.ask({ path: '/a' })
  t.is(await second.path(), '/a')
  upstream.ask({ path: '/b' })
  t.is(await third.path(), '/b')
  upstream.ask({ path: '/c' })
  t.is(await first.path(), '/c')
  upstream.ask({ path: '/d' })
  t.is(await (await upstream.peer(3)).path(), '/d')
})

test('a call that wants a new connection leaves those that are free to others', async (t) => {
  const upstream = await serve(t)
  const peer = await askOn(upstream, 0)
  upstream.ask({ path: '/new', fresh: true })
  t.is(await (await upstream.peer(1)).path(), '/new')
  upstream.ask({ path: '/kept' })
  t.is(await peer.path(), '/kept')
})

const keeps: Readonly<Record<string, readonly [keep: number, ...lines: string[]]>> = {
  'without a hint, for 4 s': [4_000],
  'with a hint, for 2 s less': [3_000, 'Keep-Alive: timeout=5'],
  'with a hint beside others': [28_000, 'Connection: keep-alive', 'Keep-Alive: max=100, timeout=30'],
}

for (const [title, [keep, ...lines]] of Object.entries(keeps)) {
  test(`keeps a connection ${title}`, async (t) => {
    const upstream = await serve(t)
    const answer = answerWith('ok', ...lines)
    const first = await askOn(upstream, 0, answer)
    upstream.clock.pass(keep - 1)
    await askOn(upstream, 0, answer)
    upstream.clock.pass(keep)
    await askOn(upstream, 1, answer)
    await first.closed
    t.is(upstream.peers.length, 2)
  })
}

const once: Readonly<Record<string, string>> = {
  'whose time would be over before it is closed': answerWith('ok', 'Keep-Alive: timeout=2'),
  'that is to be kept for a second': answerWith('ok', 'Keep-Alive: timeout=1'),
  'that is to be closed': answerWith('ok', 'Connection: close'),
  'that is to be closed, among other options': answerWith('ok', 'Connection: x-hop, Close', 'Keep-Alive: timeout=60'),
  'of HTTP/1.0': answerWith('ok').replace('1.1', '1.0'),
  'with another answer behind the first': answerWith('ok') + answerWith('smuggled'),
  'with a byte behind the answer': `${answerWith('ok')}\n`,
  'with a body behind an answer that has none': answerWith('ok').replace('200', '204'),
  'whose answer says a body that a 204 never has': 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n',
  'whose answer says a body that a 304 never has': 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
  'with bytes behind the last chunk':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n',
}

for (const [title, answer] of Object.entries(once)) {
  test(`uses a connection once ${title}`, async (t) => {
    const upstream = await serve(t)
    const first = await askOn(upstream, 0, answer)
    await first.closed
    await askOn(upstream, 1)
    t.is(first.text, '')
  })
}

test('keeps a connection of HTTP/1.0 that says that it stays', async (t) => {
  const upstream = await serve(t)
  await askOn(upstream, 0, answerWith('ok', 'Connection: keep-alive').replace('1.1', '1.0'))
  await askOn(upstream, 0)
  t.is(upstream.peers.length, 1)
})

test('ends a free connection whose time is over without any further request', async (t) => {
  const upstream = await serve(t)
  const peer = await askOn(upstream, 0)
  upstream.clock.pass(4_000)
  await peer.closed
  t.is(upstream.peers.length, 1)
})

test('uses no connection beyond a minute, whatever the upstream says', async (t) => {
  const upstream = await serve(t)
  const answer = answerWith('ok', 'Keep-Alive: timeout=600')
  const first = await askOn(upstream, 0, answer)
  upstream.clock.pass(59_999)
  await askOn(upstream, 0, answer)
  upstream.clock.pass(1)
  await askOn(upstream, 1, answer)
  await first.closed
  t.pass()
})

test('ends a connection that is free only when its minute is over', async (t) => {
  const upstream = await serve(t)
  const asked = upstream.ask()
  const peer = await upstream.peer(0)
  await peer.head()
  upstream.clock.pass(61_000)
  peer.send(answerWith('ok'))
  t.is(String((await asked.whole()).body), 'ok')
  await peer.closed
})

for (const bytes of [answerWith('smuggled'), '\r\n', 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n']) {
  test(`ends a free connection on which ${JSON.stringify(bytes.slice(0, 12))} comes, and answers nobody by it`, async (t) => {
    const upstream = await serve(t)
    const peer = await askOn(upstream, 0)
    peer.send(bytes)
    await peer.closed
    const asked = upstream.ask()
    const next = await upstream.peer(1)
    await next.head()
    next.send(answerWith('own'))
    t.is(String((await asked.whole()).body), 'own')
  })
}

test('opens another connection after the upstream ended the one that was free', async (t) => {
  const upstream = await serve(t)
  const peer = await askOn(upstream, 0)
  peer.socket.end()
  await peer.closed
  await askOn(upstream, 1)
  t.is(upstream.peers.length, 2)
})

for (const [how, end] of [
  ['bytes came', (peer: Peer) => peer.send('unasked')],
  ['that was ended', (peer: Peer) => peer.socket.end()],
  ['that was reset', (peer: Peer) => peer.socket.resetAndDestroy()],
] as const) {
  test(`takes no free connection on which ${how} in the same turn`, async (t) => {
    const upstream = await serve(t)
    const idle = upstream.ask()
    const sent = Promise.withResolvers<ReturnType<Upstream['ask']>[]>()
    // As the gate sends calls: once all that could be read in a turn was read.
    const ended = () =>
      void setImmediate(() => sent.resolve(['/a', '/b'].map((path) => upstream.ask({ method: 'POST', path }))))
    const busy = upstream.ask({}, { ended })
    const [first, second] = await Promise.all([upstream.peer(0), upstream.peer(1)])
    for (const peer of [first, second]) await peer.head()
    first.send(answerWith('ok'))
    await Promise.race([idle.whole(), busy.whole()])
    end(first)
    second.send(answerWith('ok'))
    await busy.whole()
    for (const peer of [second, upstream.peer(2), upstream.peer(3)]) void Promise.resolve(peer).then(answerNext)
    const outcomes = await Promise.all((await sent.promise).map(({ outcome }) => outcome.promise))
    t.like(outcomes, [{ status: 200 }, { status: 200 }])
  })
}

test('a second answer that comes close behind the first answers nobody', async (t) => {
  const upstream = await serve(t)
  const next = Promise.withResolvers<ReturnType<Upstream['ask']>>()
  const ended = () => void setImmediate(() => next.resolve(upstream.ask({ path: '/next' })))
  const asked = upstream.ask({}, { ended })
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(answerWith('own'))
  t.is(String((await asked.whole()).body), 'own')
  peer.send(answerWith('smuggled'))
  const other = await upstream.peer(1)
  t.is(await other.path(), '/next')
  other.send(answerWith('next'))
  t.is(String((await (await next.promise).whole()).body), 'next')
})
