/** Bodies that are streams: what arrives of them, and what becomes of one that is not sent whole. */

import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import test from 'ava'
import { everyByte } from './bytes.ts'
import { type Asked, answerWith, type Peer, serve, type Upstream } from './serve.ts'

const gone = new Error('the client is gone')

interface Sending {
  readonly upstream: Upstream
  readonly asked: Asked
  readonly peer: Peer
  readonly body: PassThrough
}

/** An upload whose first bytes have arrived; `length` where it is known. */
async function begin(upstream: Upstream, length?: number): Promise<Sending> {
  const body = new PassThrough()
  const asked = upstream.ask({ method: 'POST', body, length })
  const peer = await upstream.peer(0)
  await peer.head()
  body.write('first')
  await peer.until((text) => text.includes('first'))
  return { upstream, asked, peer, body }
}

const listeners = (body: Readable) =>
  ['data', 'end', 'error', 'close', 'readable'].map((event) => body.listenerCount(event))

test('a body of unknown length goes up in chunks, and one that is empty does not end it', async (t) => {
  const upstream = await serve(t)
  const chunks = ['abc', '', '0123456789abcdef', '', 'z'].map((text) => Buffer.from(text))
  const asked = upstream.ask({ method: 'POST', body: Readable.from(chunks) })
  const peer = await upstream.peer(0)
  t.true((await peer.head()).endsWith('\r\nTransfer-Encoding: chunked\r\n\r\n'))
  await peer.until((text) => text.endsWith('\r\n0\r\n\r\n'))
  t.is(peer.take(1000), '3\r\nabc\r\n10\r\n0123456789abcdef\r\n1\r\nz\r\n0\r\n\r\n')
  peer.send(answerWith('ok'))
  await asked.whole()
})

test('a body of unknown length that is empty is the last chunk alone', async (t) => {
  const upstream = await serve(t)
  const asked = upstream.ask({ method: 'POST', body: Readable.from([]) })
  const peer = await upstream.peer(0)
  await peer.head()
  t.is(await peer.until((text) => text.endsWith('\r\n\r\n')), '0\r\n\r\n')
  peer.send(answerWith('ok'))
  await asked.whole()
})

test('a body of known length goes up as it is', async (t) => {
  const upstream = await serve(t)
  const body = everyByte(300_000)
  const chunks = [0, 1, 70_000, 70_001, 300_000].map((end, at, ends) => body.subarray(ends[at - 1] ?? 0, end))
  const asked = upstream.ask({ method: 'PUT', body: Readable.from(chunks), length: 300_000 })
  const peer = await upstream.peer(0)
  t.true((await peer.head()).endsWith('\r\nContent-Length: 300000\r\n\r\n'))
  await peer.until((text) => text.length >= 300_000)
  t.true(Buffer.from(peer.text, 'latin1').equals(body))
  peer.send(answerWith('ok'))
  await asked.whole()
})

/** What chunks hold, read strictly by their sizes. */
function unchunk(text: string): string {
  let data = ''
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, end), 16)
    if (size === 0) return data
    data += text.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

test('uploads follow one another on one connection, by their length and in chunks', async (t) => {
  const upstream = await serve(t)
  const body = everyByte(500_000)
  for (const length of [undefined, 500_000, undefined]) {
    const asked = upstream.ask({ method: 'POST', body: Readable.from([body]), length })
    const peer = await upstream.peer(0)
    await peer.head()
    const all = await peer.until((text) => (length ? text.length >= body.length : text.endsWith('\r\n0\r\n\r\n')))
    t.true(Buffer.from(length ? all : unchunk(all), 'latin1').equals(body))
    peer.take(all.length)
    peer.send(answerWith('ok'))
    await asked.whole()
  }
  t.is(upstream.peers.length, 1)
})

test('a body goes up whole that somebody read of, paused and gave back', async (t) => {
  const upstream = await serve(t)
  const body = new PassThrough()
  body.write('first')
  const [read] = await once(body, 'data')
  body.pause().unshift(read)
  const asked = upstream.ask({ method: 'POST', body, length: 10 })
  body.end(' last')
  const peer = await upstream.peer(0)
  await peer.head()
  t.is(await peer.until((text) => text.length >= 10), 'first last')
  peer.send(answerWith('ok'))
  await asked.whole()
})

for (const length of [undefined, 48 * 1024 * 1024]) {
  test(`a body is read at its upstream's pace, ${length ? 'by its length' : 'in chunks'}`, async (t) => {
    const upstream = await serve(t)
    const piece = Buffer.alloc(64 * 1024, 'x')
    let left = 768
    const body = new Readable({ read: () => void body.push(left-- > 0 ? piece : null) })
    const asked = upstream.ask({ method: 'POST', body, length })
    const peer = await upstream.peer(0)
    peer.socket.pause()
    await once(body, 'pause')
    // Until what lies between is full: from then on nothing wakes the body any more.
    for (let before = -1; before !== left || !body.isPaused(); await new Promise((turn) => setTimeout(turn, 50)))
      before = left
    t.true(left > 100, `${left} pieces are left`)
    t.true(body.isPaused())
    peer.socket.resume()
    await peer.until(
      (text) => text.length >= 768 * piece.length && (length !== undefined || text.endsWith('0\r\n\r\n')),
    )
    peer.send(answerWith('ok'))
    await asked.whole()
    t.is(left, -1)
  })
}

for (const length of [undefined, 100_000]) {
  const how = length ? 'by its length' : 'in chunks'

  test(`an answer before the body is whole is passed on, and no call follows it: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length)
    peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 1000000\r\n\r\n').send(everyByte(600_000))
    t.is(await asked.head.promise, 413)
    body.write('second')
    await peer.until((text) => text.includes('second'))
    peer.send(everyByte(1_000_000).subarray(600_000))
    t.true((await asked.whole()).body.equals(everyByte(1_000_000)))
    t.deepEqual([body.isPaused(), body.destroyed, listeners(body)], [true, false, listeners(new PassThrough())])
    await peer.closed
    t.false(peer.text.includes('0\r\n\r\n'))
    body.end('third')
    upstream.ask({ path: '/next' })
    t.is(await (await upstream.peer(1)).path(), '/next')
    t.is(String(body.read()), 'third')
  })

  test(`an answer that begins before the body is whole and ends after it leaves its connection to others: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length && 10)
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no')
    await asked.head.promise
    body.end('last!')
    await peer.until((text) => text.includes('last!') && (length !== undefined || text.endsWith('0\r\n\r\n')))
    peer.take(1000)
    peer.send('k')
    await asked.whole()
    upstream.ask({ path: '/next' })
    t.is(await peer.path(), '/next')
  })

  test(`a body that fails ends its connection, and is never taken for whole: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length)
    body.destroy(gone)
    t.is((await asked.failure()).error, gone)
    await peer.closed
    t.is(peer.text, length ? 'first' : '5\r\nfirst\r\n')
    t.deepEqual(listeners(body), listeners(new PassThrough()))
  })

  test(`a body that closes early ends its connection, and is never taken for whole: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length)
    body.destroy()
    t.is((await asked.failure()).error.message, 'the body ended before it was whole')
    await peer.closed
    t.is(peer.text, length ? 'first' : '5\r\nfirst\r\n')
  })

  test(`a body that was closed before its connection was made fails, and nothing is sent: ${how}`, async (t) => {
    const upstream = await serve(t)
    const body = new PassThrough()
    const asked = upstream.ask({ method: 'POST', body, length })
    body.destroy()
    t.is((await asked.failure()).error.message, 'the body ended before it was whole')
    const peer = await upstream.peer(0)
    await peer.closed
    t.is(peer.text, '')
  })

  test(`a call that is aborted while its body goes up leaves the rest of it where it is: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length)
    asked.call.abort(gone)
    t.deepEqual(await asked.failure(), { error: gone, stale: false })
    t.deepEqual([body.isPaused(), body.destroyed, listeners(body)], [true, false, listeners(new PassThrough())])
    await peer.closed
    t.is(peer.text, length ? 'first' : '5\r\nfirst\r\n')
    t.is(upstream.peers.length, 1)
  })

  test(`an upstream that ends the connection while a body goes up fails the call: ${how}`, async (t) => {
    const upstream = await serve(t)
    const { asked, peer, body } = await begin(upstream, length)
    peer.socket.resetAndDestroy()
    t.like(await asked.failure(), { error: { code: 'ECONNRESET' }, stale: false })
    t.deepEqual([body.isPaused(), body.destroyed, listeners(body)], [true, false, listeners(new PassThrough())])
  })
}
