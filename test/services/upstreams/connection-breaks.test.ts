/** Connections that break while a call is on them: it fails once, and whoever called is told whether to try again. */

import test from 'ava'
import { carrierOfNext, kept } from './kept.ts'
import { serve } from './serve.ts'

const breaks: Readonly<Record<string, readonly [text: string, end: 'end' | 'resetAndDestroy', stale: boolean]>> = {
  'ended before a byte of its answer came': ['', 'end', true],
  'reset before a byte of its answer came': ['', 'resetAndDestroy', true],
  'ended within a head': ['HTTP/1.1 200 OK\r\nContent-', 'end', false],
  'ended within a body': ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234', 'end', false],
  'ended before a body': ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', 'end', false],
  'ended within a chunk': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123', 'end', false],
  'ended before the last chunk': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n', 'end', false],
  'ended within the last chunk': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'end', false],
  'ended after news': ['HTTP/1.1 103 Early Hints\r\n\r\n', 'end', false],
}

for (const [title, [text, end, stale]] of Object.entries(breaks)) {
  test(`a call whose connection is ${title} fails, and is ${stale ? '' : 'not '}one to be sent again`, async (t) => {
    const upstream = await serve(t)
    const peer = await kept(upstream)
    const asked = upstream.ask()
    await peer.head()
    peer.send(text).socket[end]()
    t.like(await asked.failure(), { error: { code: 'ECONNRESET' }, stale })
    t.is(await carrierOfNext(upstream), 1)
  })
}

test('a first call whose connection ends is not one to be sent again', async (t) => {
  const upstream = await serve(t)
  const asked = upstream.ask()
  const peer = await upstream.peer(0)
  await peer.head()
  peer.socket.end()
  t.like(await asked.failure(), { error: { code: 'ECONNRESET' }, stale: false })
})

test('a call is answered by what is none of HTTP/1.1 only with a failure', async (t) => {
  const upstream = await serve(t)
  const peer = await kept(upstream)
  const asked = upstream.ask()
  await peer.head()
  peer.send('HTTP/2 200\r\n\r\n')
  t.like(await asked.failure(), { error: { name: 'MalformedAnswer' }, stale: false })
  await peer.closed
  t.is(await carrierOfNext(upstream), 1)
})
