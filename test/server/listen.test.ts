/** The listening server, over raw sockets: limits of time and size, and answers to what is no request. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { StartFault } from '../../src/core/start-fault.ts'
import { listen } from '../../src/server/listen.ts'
import { bodyApp, echoApp, limits, startServer } from '../helpers/echo-server.ts'
import { ask, RawClient, untilLast } from '../helpers/raw.ts'

const ordinary = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('answers what cannot be read with the exact refusal', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  const { status, headers, body } = await client.send('GET / HTTP/1.1\r\nbroken\r\n\r\n').answer()
  t.is(status, 400)
  t.is(body, '{"status":"error","code":"request_malformed","message":"Malformed header field","requestId":"made"}')
  t.deepEqual(
    [...headers].filter(([name]) => name !== 'date'),
    [
      ['x-request-id', 'made'],
      ['x-content-type-options', 'nosniff'],
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
      ['content-length', String(body.length)],
      ['connection', 'close'],
    ],
  )
  t.is(await client.rest(), '')
})

test('refuses header fields beyond the limit with 431', async (t) => {
  const { port } = await startServer(t, echoApp())
  for (const head of [`X: ${'a'.repeat(40_000)}\r\n`, 'X: 1\r\n'.repeat(4000)]) {
    const { status, body, closed } = await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`)
    t.is(status, 431)
    t.is(JSON.parse(body).code, 'headers_too_large')
    t.true(closed)
  }
})

test('refuses CONNECT with 405 and closes', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  const { status, headers, body } = await client.send('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nhello').answer()
  t.is(status, 405)
  t.is(JSON.parse(body).code, 'method_not_allowed')
  t.is(headers.get('allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  t.is(await client.rest(), '')
})

test('answers a request that ends half-way with 400', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  client.send('GET / HTTP/1.1\r\nHos').socket.end()
  const { status, body } = await client.answer()
  t.is(status, 400)
  t.is(JSON.parse(body).message, 'Request ended early')
})

test('answers a client that has closed its own half', async (t) => {
  const { port } = await startServer(t, bodyApp())
  const client = await RawClient.connect(port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab').socket.end()
  t.is((await client.answer()).body, '2')
})

test('answers a broken chunk with 400 while the app waits for the body', async (t) => {
  const { port } = await startServer(t, bodyApp())
  const client = await RawClient.connect(port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n+1\r\n')
  const { status, body } = await client.answer()
  t.is(status, 400)
  t.is(JSON.parse(body).message, 'Malformed chunked body')
  t.is(await client.rest(), '')
})

test('answers pipelined requests in order, the broken one last', async (t) => {
  const gate = Promise.withResolvers<void>()
  const app = new Koa().use(async (ctx) => {
    if (ctx.path === '/slow') await gate.promise
    ctx.body = ctx.path
  })
  const { port } = await startServer(t, app)
  const client = await RawClient.connect(port)
  client.send(['/slow', '/quick'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  client.send('broken\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n')
  gate.resolve()
  t.is((await client.answer()).body, '/slow')
  t.is((await client.answer()).body, '/quick')
  t.is((await client.answer()).status, 400)
  t.is(await client.rest(), '')
})

test('serves on after clients that reset their connections', async (t) => {
  const { port } = await startServer(t, bodyApp())
  for (const bytes of [
    '',
    'GET /',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
    'CONNECT a:1 HTTP/1.1\r\n\r\n',
    'x',
  ]) {
    const client = await RawClient.connect(port)
    client.send(bytes).socket.resetAndDestroy()
    await once(client.socket, 'close')
  }
  t.is((await ask(port, ordinary)).status, 200)
})

test('keeps a connection for the next request', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  for (const _ of [1, 2, 3]) t.is((await client.send(ordinary).answer()).status, 200)
  client.socket.destroy()
})

/** A server for one connection, and what it warns of. */
async function startNarrow(t: ExecutionContext) {
  const warnings: unknown[] = []
  const log = { info() {}, warn: (...line: unknown[]) => warnings.push(line), error() {}, debug() {} }
  const { port } = await startServer(t, echoApp(), {
    limits: { ...limits, connections: 1, headersTimeout: 120_000, requestTimeout: 120_000 },
    world: { log, randomId: () => 'made' },
  })
  const first = await RawClient.connect(port)
  t.is((await first.send(ordinary).answer()).status, 200)
  return { port, first, warnings }
}

test('tells clients beyond the limit of connections so, and serves again when one is free', async (t) => {
  const { port, first, warnings } = await startNarrow(t)
  for (const bytes of [ordinary, ordinary + ordinary, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na']) {
    const client = await RawClient.connect(port)
    const { status, body, headers } = await client.send(bytes).answer()
    t.deepEqual([status, JSON.parse(body).code], [503, 'overloaded'])
    t.deepEqual([headers.get('retry-after'), headers.get('connection')], ['1', 'close'])
    t.is(headers.get('x-content-type-options'), 'nosniff')
    t.is(await client.rest(), '')
  }
  t.is(warnings.length, 1)
  t.is((await first.send(ordinary).answer()).status, 200)
  first.socket.destroy()
  await t.notThrowsAsync(untilAccepted(port))
})

test('closes what is beyond the limit and asks for nothing', async (t) => {
  const { port, first } = await startNarrow(t)
  t.is(await (await RawClient.connect(port)).rest(), '')
  first.socket.destroy()
})

test('keeps 64 connections beyond the limit, and drops the rest', async (t) => {
  const { port, first } = await startNarrow(t)
  const beyond = await Promise.all(Array.from({ length: 64 }, () => RawClient.connect(port)))
  const dropped = await RawClient.connect(port)
  t.is(await dropped.send(ordinary).rest(), '')
  for (const client of beyond) t.is((await client.send(ordinary).answer()).status, 503)
  for (const client of [first, ...beyond]) client.socket.destroy()
})

/** The server learns a moment later than the client that a connection is gone. */
async function untilAccepted(port: number): Promise<void> {
  const isServed = await ask(port, ordinary).then(
    ({ status }) => status === 200,
    () => false,
  )
  if (!isServed) await untilAccepted(port)
}

test('lets a running request end when it closes, and takes no other', async (t) => {
  const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const app = new Koa().use(async (ctx) => {
    started.resolve()
    await gate.promise
    ctx.body = 'done'
  })
  const server = await startServer(t, app)
  const [idle, busy, unused] = [
    await RawClient.connect(server.port),
    await RawClient.connect(server.port),
    await RawClient.connect(server.port),
  ]
  busy.send(ordinary)
  await started.promise
  const closed = server.close(60_000)
  t.is(await unused.rest(), '')
  await t.throwsAsync(RawClient.connect(server.port))
  gate.resolve()
  const { body, headers } = await busy.answer()
  t.is(body, 'done')
  t.is(headers.get('connection'), 'close')
  idle.socket.destroy()
  await closed
})

test('answers a request that was half here when it closed, as the last of its connection', async (t) => {
  const server = await startServer(t, echoApp())
  const [client, other] = [await RawClient.connect(server.port), await RawClient.connect(server.port)]
  await client.send(`${ordinary}GET /half HTTP/1.1\r\nHo`).answer()
  const closed = server.close(60_000)
  await untilLast(other, ordinary)
  const { body, headers } = await client.send('st: a\r\n\r\n').answer()
  t.is(JSON.parse(body).path, '/half')
  t.is(headers.get('connection'), 'close')
  await closed
})

test('closes a connection whose head already promised to keep it', async (t) => {
  const gate = Promise.withResolvers<void>()
  const app = new Koa().use(async (ctx) => {
    ctx.respond = false
    ctx.res.writeHead(200, { 'Content-Length': 2 }).write('a')
    await gate.promise
    ctx.res.end('b')
  })
  const server = await startServer(t, app)
  const client = await RawClient.connect(server.port)
  client.send(ordinary)
  await once(client.socket, 'data')
  const closed = server.close(60_000)
  gate.resolve()
  t.is((await client.answer()).body, 'ab')
  await closed
  t.is(await client.rest(), '')
})

test('answers 503 where an answer has not begun when the grace is over', async (t) => {
  const started = Promise.withResolvers<void>()
  const app = new Koa().use(() => {
    started.resolve()
    return new Promise(() => {})
  })
  const server = await startServer(t, app)
  const client = await RawClient.connect(server.port)
  client.send(ordinary)
  await started.promise
  const closed = server.close(1)
  const { status, body, headers } = await client.answer()
  t.is(status, 503)
  t.is(JSON.parse(body).code, 'shutting_down')
  t.is(headers.get('retry-after'), '1')
  client.socket.destroy()
  await closed
})

test('cuts an answer that goes on after the grace', async (t) => {
  const app = new Koa().use((ctx) => {
    ctx.respond = false
    ctx.res.writeHead(200).write('a')
  })
  const server = await startServer(t, app)
  const client = await RawClient.connect(server.port)
  client.send(ordinary)
  await once(client.socket, 'data')
  await server.close(1)
  t.pass()
})

const nobody = {
  world: { log: { info() {}, warn() {}, error() {}, debug() {} }, randomId: () => '' },
  limits,
  bareHead: () => {},
}

test('says what to do when the port is in use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const error = await t.throwsAsync(
    listen(() => {}, { host: '127.0.0.1', port, ...nobody }),
    { instanceOf: StartFault },
  )
  t.is(error.message, `port \`${port}\` is in use; stop the other server or pass --port`)
  other.close()
})

test('says what to do when the host is not of this machine', async (t) => {
  const error = await t.throwsAsync(
    listen(() => {}, { host: '192.0.2.1', port: 0, ...nobody }),
    { instanceOf: StartFault },
  )
  t.is(error.message, '`192.0.2.1` is no address of this machine; pass --host with one that is')
})

test('writes an IPv6 address into its URL in brackets', async (t) => {
  const server = await startServer(t, echoApp(), { host: '::1' })
  t.is(server.url, `http://[::1]:${server.port}`)
})
