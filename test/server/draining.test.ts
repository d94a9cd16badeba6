/** A server that drains, over raw sockets: no connection is closed over a request, and each is closed in the end. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import test from 'ava'
import Koa from 'koa'
import { createApp } from '../../src/app.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { bodyApp, echoApp, limits, startServer } from '../helpers/echo-server.ts'
import { openGate, writePolicies } from '../helpers/gate.ts'
import { ask, RawClient, untilLast } from '../helpers/raw.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const longEnough = 60_000

/** An app that answers a path beginning with /slow once it is let go on. */
function heldApp() {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const app = new Koa().use(async (ctx) => {
    if (ctx.path === '/slow') {
      begun.resolve()
      await gate.promise
    }
    ctx.body = ctx.path
  })
  return { app, begun: begun.promise, go: gate.resolve }
}

test('serves whoever has connected when the listener closes, accepted or not', async (t) => {
  const server = await startServer(t, echoApp())
  const sockets = Array.from({ length: 40 }, () => connect({ port: server.port, host: '127.0.0.1' }))
  const ends = sockets.map(async (socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write(get('/'))
    await once(socket, 'close')
    return text
  })
  const closed = server.close(longEnough)
  for (const text of await Promise.all(ends)) t.regex(text, /^HTTP\/1\.1 200 /)
  await closed
})

test('lets others in for the delay, and sends those who were there away with their next answer', async (t) => {
  const server = await startServer(t, echoApp())
  const there = await RawClient.connect(server.port)
  t.is((await there.send(get('/')).answer()).headers.get('connection'), 'keep-alive')
  const closed = server.close(longEnough, 1_000)
  const later = await RawClient.connect(server.port)
  for (const path of ['/a', '/b']) t.is((await later.send(get(path)).answer()).headers.get('connection'), 'keep-alive')
  t.is((await there.send(get('/')).answer()).headers.get('connection'), 'close')
  t.is(await there.rest(), '')
  t.is(await later.rest(), '', 'idle after the delay')
  await closed
  await t.throwsAsync(RawClient.connect(server.port), { code: 'ECONNREFUSED' })
})

test('the grace ends the delay', async (t) => {
  const server = await startServer(t, echoApp())
  const client = await RawClient.connect(server.port)
  await server.close(20, longEnough)
  t.is(await client.rest(), '')
})

test('keeps an idle connection for a while, so that its next request is answered', async (t) => {
  const server = await startServer(t, echoApp())
  const clients = [await RawClient.connect(server.port), await RawClient.connect(server.port)] as const
  for (const client of clients) await client.send(get('/')).answer()
  const before = performance.now()
  const closed = server.close(longEnough)
  const [used, idle] = clients
  await untilLast(used, get('/'))
  t.is(await used.rest(), '')
  t.is(await idle.rest(), '')
  t.true(performance.now() - before > 400)
  await closed
})

test('keeps a connection over which half a request came', async (t) => {
  const server = await startServer(t, echoApp())
  const [half, idle] = [await RawClient.connect(server.port), await RawClient.connect(server.port)]
  for (const client of [half, idle]) await client.send(get('/')).answer()
  half.send('GET /half HTTP/1.1\r\nHo')
  const closed = server.close(longEnough)
  t.is(await idle.rest(), '')
  const { body, headers } = await half.send('st: a\r\n\r\n').answer()
  t.is(JSON.parse(body).path, '/half')
  t.is(headers.get('connection'), 'close')
  await closed
})

test('answers all requests of a pipeline, and closes after the last', async (t) => {
  const { app, begun, go } = heldApp()
  const server = await startServer(t, app)
  const connect = () => RawClient.connect(server.port)
  const [client, other, later] = [await connect(), await connect(), await connect()]
  client.send(get('/slow'))
  await begun
  const closed = server.close(longEnough)
  await untilLast(other, get('/'))
  client.send(get('/b') + get('/c'))
  // What was sent before it is read by now.
  await later.send(get('/')).answer()
  go()
  for (const [path, connection] of [
    ['/slow', 'keep-alive'],
    ['/b', 'keep-alive'],
    ['/c', 'close'],
  ]) {
    const { body, headers } = await client.answer()
    t.deepEqual([body, headers.get('connection')], [path, connection])
  }
  t.is(await client.rest(), '')
  await closed
})

test('obeys nothing that comes after the answer that ends a connection', async (t) => {
  const asked: string[] = []
  const app = await createApp(
    writePolicies({ 'a.yaml': 'service: s\nroutes:\n  GET /*path: { authenticate: public, reply: { body: ok } }\n' }),
    {
      world: createWorld(createLog({ pretty: false, level: 'error' })),
      observers: [{ started: ({ path }) => void asked.push(path) }],
    },
  )
  t.teardown(app.close)
  const server = await startServer(t, app.koa)
  const [client, other] = [await RawClient.connect(server.port), await RawClient.connect(server.port)]
  await client.send(get('/first')).answer()
  const closed = server.close(longEnough)
  await untilLast(other, get('/other'))
  client.send(get('/second') + get('/third'))
  t.is((await client.answer()).headers.get('connection'), 'close')
  t.is(await client.rest(), '')
  t.deepEqual(
    asked.filter((path) => path !== '/other'),
    ['/first', '/second'],
  )
  await closed
})

test('answers the next request after an answer that promised to keep the connection', async (t) => {
  const gate = Promise.withResolvers<void>()
  const app = new Koa().use(async (ctx) => {
    if (ctx.path !== '/begun') {
      ctx.body = 'next'
      return
    }
    ctx.respond = false
    ctx.res.writeHead(200, { 'Content-Length': 2 }).write('a')
    await gate.promise
    ctx.res.end('b')
  })
  const server = await startServer(t, app)
  const [client, other] = [await RawClient.connect(server.port), await RawClient.connect(server.port)]
  client.send(get('/begun'))
  await once(client.socket, 'data')
  const closed = server.close(longEnough)
  await untilLast(other, get('/other'))
  gate.resolve()
  t.is((await client.answer()).body, 'ab')
  const { body, headers } = await client.send(get('/next')).answer()
  t.deepEqual([body, headers.get('connection')], ['next', 'close'])
  await closed
})

test('reads a body to its end before it closes', async (t) => {
  const server = await startServer(t, bodyApp())
  const client = await RawClient.connect(server.port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
  const closed = server.close(longEnough)
  t.is((await client.send('cd').answer()).body, '4')
  await closed
})

test('resets no client that still sends the body of a request whose answer is the last', async (t) => {
  const gate = await openGate({
    'a.yaml': 'service: s\nroutes:\n  GET /: { authenticate: public, reply: { body: ok } }\n',
  })
  t.teardown(gate.close)
  const client = await RawClient.connect(gate.port)
  client.send('POST /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n')
  t.is((await client.answer()).status, 404)
  const write = promisify<string, void>((text, done) => client.socket.write(text, done))
  await write('ab')
  // A reset would be here by now.
  await ask(gate.port, get('/'))
  await t.notThrowsAsync(write('cd'))
  t.is(await client.rest(), '')
})

test('a head that never comes whole holds up the end no longer than its time-out', async (t) => {
  const server = await startServer(t, echoApp(), { limits: { ...limits, headersTimeout: 300 } })
  const [slow, other] = [await RawClient.connect(server.port), await RawClient.connect(server.port)]
  await slow.send(`${get('/')}GET /half HTTP/1.1\r\nHo`).answer()
  const closed = server.close(longEnough)
  await untilLast(other, get('/'))
  t.is((await slow.answer()).status, 408)
  t.is(await slow.rest(), '')
  await closed
})
