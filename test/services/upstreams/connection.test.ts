/** One call after another on a connection: what is sent and told, and what is left for the next. */

import { Readable } from 'node:stream'
import test from 'ava'
import type { UpstreamRequest } from '../../../src/services/upstreams/upstreams.ts'
import { everyByte } from './bytes.ts'
import { carrierOfNext, kept } from './kept.ts'
import { type Asked, answerWith, serve } from './serve.ts'

const gone = new Error('the exchange is over')

const sizes = [0, 1, 255, 16 * 1024, 16 * 1024 + 1, 5_000_000]

for (const size of sizes) {
  test(`a body of ${size} bytes goes up exactly, on a new connection and on a kept one`, async (t) => {
    const upstream = await serve(t)
    const body = everyByte(size)
    for (const path of ['/first', '/second']) {
      const asked = upstream.ask({ method: 'POST', path, body })
      const peer = await upstream.peer(0)
      t.true((await peer.head()).endsWith(`Content-Length: ${size}\r\n\r\n`))
      await peer.until((text) => text.length >= size)
      t.true(Buffer.from(peer.take(size), 'latin1').equals(body))
      t.is(peer.text, '')
      peer.send(answerWith('ok'))
      await asked.whole()
    }
    t.is(upstream.peers.length, 1)
  })

  test(`a body of ${size} bytes comes back exactly, by its length, in chunks, and until the end`, async (t) => {
    const upstream = await serve(t)
    const body = everyByte(size)
    const peer = await kept(upstream)
    const chunks = [body.subarray(0, size >> 1), body.subarray(size >> 1)].filter(({ length }) => length > 0)
    const chunked = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n'])
    const answers = [
      [`Content-Length: ${size}\r\n\r\n`, body],
      ['Transfer-Encoding: chunked\r\n\r\n', ...chunked, '0\r\n\r\n'],
      ['\r\n', body],
    ]
    for (const answer of answers) {
      const asked = upstream.ask()
      await peer.head()
      for (const piece of ['HTTP/1.1 200 OK\r\n', ...answer]) peer.send(piece)
      if (answer.length === 2 && answer[0] === '\r\n') peer.socket.end()
      t.true((await asked.whole()).body.equals(body))
    }
    t.is(upstream.peers.length, 1)
  })
}

test('answers that come at the same time on many connections are kept apart', async (t) => {
  const upstream = await serve(t)
  const asked = Array.from({ length: 20 }, (_, index) => upstream.ask({ path: `/${index}` }))
  await upstream.peer(19)
  for (const peer of upstream.peers) {
    const index = Number((await peer.path())?.slice(1))
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n`).send(Buffer.alloc(300_000, index))
  }
  for (const [index, one] of asked.entries())
    t.true((await one.whole()).body.equals(Buffer.alloc(300_000, index)), `${index}`)
})

test('a call that is aborted while its connection is made fails at once', async (t) => {
  const upstream = await serve(t)
  const asked = upstream.ask({ path: '/aborted', method: 'POST', body: Buffer.from('x') })
  for (const _ of [1, 2]) asked.call.abort(gone)
  t.true(asked.isOver)
  t.deepEqual(await asked.failure(), { error: gone, stale: false })
  const next = upstream.ask({ path: '/next' })
  const paths = [0, 1].map(async (index) => (await upstream.peer(index)).path())
  t.is(await Promise.any(paths), '/next')
  for (const peer of upstream.peers) peer.send(answerWith('ok'))
  await next.whole()
})

test('a call that is aborted before its answer begins ends its connection', async (t) => {
  const upstream = await serve(t)
  const peer = await kept(upstream)
  const asked = upstream.ask()
  await peer.head()
  asked.call.abort(gone)
  t.is((await asked.failure()).error, gone)
  peer.send(answerWith('late'))
  await peer.closed
  t.is(await carrierOfNext(upstream), 1)
})

test('a call that is aborted while its answer comes is told no more of it', async (t) => {
  const upstream = await serve(t)
  const peer = await kept(upstream)
  const asked = upstream.ask()
  await peer.head()
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234')
  await asked.head.promise
  for (const _ of [1, 2]) asked.call.abort(gone)
  t.deepEqual(await asked.failure(), { error: gone, stale: false })
  peer.send('56789')
  await peer.closed
  t.is(await carrierOfNext(upstream), 1)
})

for (const when of ['begun', 'received'] as const) {
  for (const rest of ['', answerWith('smuggled')]) {
    test(`a call that is aborted when it is told of ${when} fails once, ${rest ? 'whatever' : 'where nothing'} follows`, async (t) => {
      const upstream = await serve(t)
      const peer = await kept(upstream)
      const asked = upstream.ask({}, { [when]: (one: Asked) => one.call.abort(gone) })
      await peer.head()
      peer.send(answerWith('whole') + rest)
      t.is((await asked.failure()).error, gone)
      await peer.closed
      t.is(await carrierOfNext(upstream), 1)
    })
  }
}

test('nothing that is done to a call after its end has an effect on the next on its connection', async (t) => {
  const upstream = await serve(t)
  const act = ({ call }: Asked) => {
    call.pause()
    call.abort(gone)
  }
  const first = upstream.ask({}, { ended: act })
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(answerWith('ok'))
  await first.whole()
  const second = upstream.ask()
  await peer.head()
  act(first)
  peer.send(answerWith('second'))
  t.is(String((await second.whole()).body), 'second')
  t.is(upstream.peers.length, 1)
})

const pauses = {
  'when it is told of its head': 'begun',
  'when its last byte comes': 'received',
} as const

for (const [title, when] of Object.entries(pauses)) {
  test(`a call that is paused ${title} leaves a connection that reads on`, async (t) => {
    const upstream = await serve(t)
    const asked = upstream.ask({}, { [when]: ({ call }: Asked) => call.pause() })
    const peer = await upstream.peer(0)
    await peer.head()
    peer.send(answerWith('whole'))
    await asked.whole()
    t.is(await carrierOfNext(upstream), 0)
  })
}

test('a call that is paused while its connection is made gets its answer once it goes on', async (t) => {
  const upstream = await serve(t)
  const asked = upstream.ask({ path: '/paused' })
  asked.call.pause()
  const peer = await upstream.peer(0)
  t.is(await peer.path(), '/paused')
  peer.send(answerWith('ok'))
  t.is(await carrierOfNext(upstream), 1)
  t.false(asked.isOver)
  asked.call.resume()
  t.is(String((await asked.whole()).body), 'ok')
})

test('while a call is paused its upstream cannot send on', async (t) => {
  const upstream = await serve(t)
  const size = 32 * 1024 * 1024
  let paused = 0
  const pause = (one: Asked) => {
    if (paused++ === 0) one.call.pause()
  }
  const asked = upstream.ask({}, { received: pause })
  const peer = await upstream.peer(0)
  await peer.head()
  peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  const all = new Promise((sent) => peer.socket.write(Buffer.alloc(size, 'x'), sent))
  await asked.head.promise
  for (let round = 0; round < 20; round++) t.is(await carrierOfNext(upstream), 1)
  t.true(asked.size <= 128 * 1024, `${asked.size}`)
  t.true(peer.socket.writableLength > 0)
  asked.call.resume()
  await all
  t.is((await asked.whole()).body.length, size)
})

test('a body that is answered before it has gone out whole ends its connection', async (t) => {
  const upstream = await serve(t)
  const peer = await kept(upstream)
  peer.socket.pause()
  const asked = upstream.ask({ method: 'POST', body: Buffer.alloc(64 * 1024 * 1024) })
  peer.send(answerWith('enough'))
  t.is(String((await asked.whole()).body), 'enough')
  peer.socket.resume()
  await peer.closed
  t.is(await carrierOfNext(upstream), 1)
})

const lasts: Readonly<Record<string, readonly [request: Partial<UpstreamRequest>, answer: string]>> = {
  'a HEAD': [{ method: 'HEAD' }, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  'a GET with a body': [{ method: 'GET', body: Buffer.from('x') }, answerWith('ok')],
  'a DELETE with a body that is a stream': [
    { method: 'DELETE', body: Readable.from([Buffer.from('x')]) },
    answerWith('ok'),
  ],
}

for (const [title, [request, answer]] of Object.entries(lasts)) {
  test(`a connection takes no request after ${title}, and says so`, async (t) => {
    const upstream = await serve(t)
    const peer = await kept(upstream)
    const asked = upstream.ask(request)
    t.regex(await peer.head(), /\r\nConnection: close\r\n/)
    peer.send(answer)
    t.is((await asked.whole()).status, 200)
    await peer.closed
    t.is(await carrierOfNext(upstream), 1)
  })
}
