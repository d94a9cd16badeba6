/** What a request's head says on the wire. */

import test from 'ava'
import { compileRequestHead } from '../../../src/services/upstreams/request-head.ts'
import type { UpstreamRequest } from '../../../src/services/upstreams/upstreams.ts'
import { answerWith, serve } from './serve.ts'

const bodyless: UpstreamRequest = { method: 'GET', path: '/a?b=c', lines: '', body: undefined }

/** The lines of a head, without the two empty ones at its end. */
function linesOf(request: Partial<UpstreamRequest>, origin = 'http://orders.internal'): readonly string[] {
  const head = String(compileRequestHead(origin)({ ...bodyless, ...request }))
  return head.replace(/\r\n\r\n$/, '').split('\r\n')
}

test('begins with the request line, the host, what becomes of the connection, and the fields as they are', (t) => {
  const lines = 'X-User-Id: u-1\r\nAccept: */*\r\n'
  t.is(
    compileRequestHead('http://orders.internal')({ ...bodyless, lines }),
    `GET /a?b=c HTTP/1.1\r\nHost: orders.internal\r\nConnection: keep-alive\r\n${lines}\r\n`,
  )
})

const hosts = {
  'http://orders.internal': 'orders.internal',
  'http://orders.internal:80': 'orders.internal',
  'https://orders.internal:443': 'orders.internal',
  'http://orders.internal:443': 'orders.internal:443',
  'https://orders.internal:8443': 'orders.internal:8443',
  'http://127.0.0.1:9000': '127.0.0.1:9000',
  'http://[::1]': '[::1]',
  'https://[2001:db8::1]:9000': '[2001:db8::1]:9000',
}

for (const [origin, host] of Object.entries(hosts)) {
  test(`names the host of ${origin}`, (t) => {
    t.is(linesOf({}, origin)[1], `Host: ${host}`)
  })
}

const framing = ({ body, length }: Pick<Partial<UpstreamRequest>, 'body' | 'length'>, method: string) =>
  linesOf({ body, length, method }).slice(3)

for (const method of ['POST', 'PUT', 'PATCH']) {
  test(`says of a ${method} without a body that it has none`, (t) => {
    t.deepEqual(framing({}, method), ['Content-Length: 0'])
    t.deepEqual(framing({ body: Buffer.alloc(0) }, method), ['Content-Length: 0'])
  })
}

for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
  test(`says nothing of the body of a ${method} without one`, (t) => {
    t.deepEqual(framing({}, method), [])
    t.deepEqual(framing({ body: Buffer.alloc(0) }, method), [])
  })
}

test('says the length of a body that is there, whatever length the client told', (t) => {
  for (const method of ['POST', 'DELETE', 'GET'])
    t.deepEqual(framing({ body: Buffer.from('é'), length: 99 }, method), ['Content-Length: 2'])
})

test('frames a body that comes by its length, where it is known, or by chunks', async (t) => {
  const { Readable } = await import('node:stream')
  const body = Readable.from([])
  t.deepEqual(framing({ body, length: 12 }, 'POST'), ['Content-Length: 12'])
  t.deepEqual(framing({ body, length: undefined }, 'POST'), ['Transfer-Encoding: chunked'])
})

const bad = {
  'a space': '/a b',
  'a CR': '/a\rb',
  'an LF': '/a\nb',
  'a tab': '/a\tb',
  'a whole request': '/ HTTP/1.1\r\nHost: x\r\n\r\nGET /admin',
  NUL: '/a\0b',
  DEL: '/a\x7fb',
  'U+0100': '/a\u0100b',
  'a lone surrogate': '/a\ud800',
  'U+0A0A, whose low byte is an LF': '/a\u0a0ab',
  'no slash at its front': 'a',
  nothing: '',
  'an authority': '*',
  'a line end at its end': '/a\n',
}

for (const [title, path] of Object.entries(bad)) {
  test(`refuses a path of ${title}, sends nothing, and loses no connection`, async (t) => {
    const upstream = await serve(t)
    const first = upstream.ask()
    const peer = await upstream.peer(0)
    await peer.head()
    peer.send(answerWith('ok'))
    await first.whole()
    const refused = upstream.ask({ path })
    t.true(refused.isOver)
    const { error, stale } = await refused.failure()
    t.deepEqual([error.message, stale], ['the path holds what no path can', false])
    refused.call.abort(new Error('the exchange is over'))
    const next = upstream.ask({ path: '/next' })
    t.is(await peer.path(), '/next')
    peer.send(answerWith('ok'))
    await next.whole()
    t.is(upstream.peers.length, 1)
  })
}

test('sends every other byte of a path as it is', async (t) => {
  const path = `/${Array.from({ length: 0xff - 0x20 }, (_, at) => String.fromCharCode(at + 0x21))
    .filter((character) => character !== '\x7f')
    .join('')}`
  const upstream = await serve(t)
  const asked = upstream.ask({ path })
  const peer = await upstream.peer(0)
  t.is(await peer.path(), path)
  peer.send(answerWith('ok'))
  await asked.whole()
})
