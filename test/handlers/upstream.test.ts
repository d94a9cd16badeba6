import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import test from 'ava'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { codeOf, having, listen, openCannedUpstream, openGate, openRawUpstream, openUpstream } from './gate.ts'

test('passes method, path and query up exactly as they came, and the answer back', async (t) => {
  const url = await openUpstream(t, (req, res) => {
    res.writeHead(201, { 'X-Seen': `${req.method} ${req.url}`, 'Content-Type': 'text/plain' }).end('made')
  })
  const gate = await openGate(t, [upstream, url])
  const { status, headers, body } = await gate.send({ method: 'PUT', path: '/a%20b/:c?x=1&x=%2F&y' })
  t.is(status, 201)
  t.is(headers['x-seen'], 'PUT /a%20b/:c?x=1&x=%2F&y')
  t.is(headers['content-type'], 'text/plain')
  t.is(headers['content-length'], '4')
  t.is(body, 'made')
})

test('sends the sanitised query where there is one', async (t) => {
  const url = await openUpstream(t, (req, res) => res.end(req.url))
  const gate = await openGate(t, [upstream, url], having({ sanitisedQuery: 'page=1' }))
  t.is((await gate.send({ path: '/list?page=%201' })).body, '/list?page=1')
})

for (const [own, prefix, path, sent] of [
  ['/orders', '/v2/orders', '/orders/7?a=1', '/v2/orders/7?a=1'],
  ['/orders', '/v2', '/orders', '/v2'],
  ['/orders', '/', '/orders', '/'],
  ['/orders', '/', '/orders/7', '/7'],
  ['', '/api', '/orders', '/api/orders'],
  ['/t/:tenant', '/x', '/t/acme/orders/', '/x/orders/'],
] as const) {
  test(`puts ${prefix} in place of the file's prefix ${own || '(none)'}: ${path}`, async (t) => {
    const url = await openUpstream(t, (req, res) => res.end(req.url))
    const gate = await openGate(t, [upstream, { url, prefix }], { route: { prefix: own } })
    t.is((await gate.send({ path })).body, sent)
  })
}

test('streams a body up and another one down', async (t) => {
  const url = await openUpstream(t, (req, res) => void req.pipe(res))
  const gate = await openGate(t, [upstream, url])
  const body = Buffer.alloc(3_000_000, 'x')
  t.is((await gate.send({ method: 'POST', body })).body.length, body.length)
  const chunked = await gate.send({ method: 'POST', body, headers: { 'Transfer-Encoding': 'chunked' } })
  t.is(chunked.body.length, body.length)
})

test('declares the length of the body that the client declared', async (t) => {
  const url = await openUpstream(t, (req, res) =>
    res.end(`${req.headers['content-length']} ${req.headers['transfer-encoding']}`),
  )
  const gate = await openGate(t, [upstream, url])
  t.is((await gate.send({ method: 'POST', body: 'four', headers: { 'Content-Length': '4' } })).body, '4 undefined')
  t.is((await gate.send({ method: 'POST' })).body, '0 undefined')
  t.is((await gate.send({ method: 'GET' })).body, 'undefined undefined')
  t.is((await gate.send({ method: 'DELETE', headers: { 'Content-Length': '0' } })).body, 'undefined undefined')
})

test('sends the bytes that a guard has read', async (t) => {
  const url = await openUpstream(t, (req, res) => void req.pipe(res))
  const gate = await openGate(t, [upstream, url], { before: async ({ body }) => void (await body.read(100)) })
  t.is((await gate.send({ method: 'POST', body: '{"a":1}' })).body, '{"a":1}')
  t.is((await gate.send({ method: 'POST' })).body, '')
})

test('sends the sanitised bytes in place of the original ones, with their own length', async (t) => {
  const url = await openUpstream(t, (req, res) => {
    res.setHeader('X-Length', String(req.headers['content-length']))
    req.pipe(res)
  })
  const before = async ({ body }: { body: { read(max: number): unknown; replaced: Buffer | undefined } }) => {
    await body.read(100)
    body.replaced = Buffer.from('trimmed')
  }
  const gate = await openGate(t, [upstream, url], { before })
  const { headers, body } = await gate.send({ method: 'POST', body: '   trimmed   ' })
  t.is(body, 'trimmed')
  t.is(headers['x-length'], '7')
})

test('keeps several cookies apart, and drops banners and hop-by-hop fields of the answer', async (t) => {
  const url = await openCannedUpstream(
    t,
    'HTTP/1.1 200 OK\r\nServer: secretd/1\r\nX-Powered-By: PHP\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
      'Proxy-Authenticate: Basic\r\nTrailer: X-T\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Name: caf\xe9\r\nContent-Length: 2\r\n\r\nok',
  )
  const gate = await openGate(t, [upstream, url])
  const { headers, status } = await gate.send()
  t.is(status, 200)
  t.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  t.is(headers['x-name'], 'caf\xe9')
  for (const name of ['server', 'x-powered-by', 'x-hop', 'proxy-authenticate', 'trailer'])
    t.is(headers[name], undefined, name)
})

test('passes redirects on as they are', async (t) => {
  const url = await openUpstream(t, (_, res) => res.writeHead(302, { Location: '/elsewhere' }).end())
  const gate = await openGate(t, [upstream, url])
  const { status, headers } = await gate.send()
  t.is(status, 302)
  t.is(headers.location, '/elsewhere')
})

test('answers HEAD, 204 and 304 without a body', async (t) => {
  const url = await openUpstream(t, (req, res) => {
    if (req.url === '/head') return void res.writeHead(200, { 'Content-Length': '5' }).end()
    res.writeHead(Number(req.url?.slice(1)), { ETag: '"1"' }).end()
  })
  const gate = await openGate(t, [upstream, url])
  const head = await gate.send({ method: 'HEAD', path: '/head' })
  t.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', ''])
  const empty = await gate.send({ path: '/204' })
  t.deepEqual([empty.status, empty.headers['content-length'], empty.body], [204, undefined, ''])
  const unchanged = await gate.send({ path: '/304' })
  t.deepEqual([unchanged.status, unchanged.headers.etag, unchanged.body], [304, '"1"', ''])
})

test('skips informational answers', async (t) => {
  const url = await openCannedUpstream(
    t,
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  )
  const { status, headers, body } = await (await openGate(t, [upstream, url])).send()
  t.deepEqual([status, headers.link, body], [200, undefined, 'ok'])
})

test('reads an answer that ends with the connection, as HTTP/1.0 servers send them', async (t) => {
  const url = await openRawUpstream(
    t,
    (socket) => void socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nold')),
  )
  t.is((await (await openGate(t, [upstream, url])).send()).body, 'old')
})

test('keeps the connection to the upstream for the next request', async (t) => {
  let connections = 0
  const server = createServer((_, res) => res.end('ok')).on('connection', () => connections++)
  const gate = await openGate(t, [upstream, `http://127.0.0.1:${await listen(t, server)}`])
  for (let i = 0; i < 5; i++) t.is((await gate.send()).body, 'ok')
  t.is(connections, 1)
})

for (const [what, bytes] of [
  ['an answer that is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['an answer framed twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
  ['a coding that was not asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${`X-Bomb: ${'x'.repeat(1000)}\r\n`.repeat(100)}\r\n`],
  ['a header name that is none', 'HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n'],
  ['a control character in a header', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'],
] as const) {
  test(`answers 502 to ${what}`, async (t) => {
    const gate = await openGate(t, [upstream, await openCannedUpstream(t, bytes)])
    const answer = await gate.send()
    t.is(answer.status, 502)
    t.is(codeOf(answer), 'upstream_failed')
    t.is(JSON.parse(answer.body).message, 'Upstream request failed')
  })
}

test('answers 502 where nobody listens', async (t) => {
  const server = createServer()
  const port = await new Promise<number>((found) =>
    server.listen(0, () => found((server.address() as { port: number }).port)),
  )
  await new Promise((closed) => server.close(closed))
  const answer = await (await openGate(t, [upstream, `http://127.0.0.1:${port}`])).send()
  t.deepEqual([answer.status, codeOf(answer)], [502, 'upstream_failed'])
})

test('puts a server written in Python behind the gate', async (t) => {
  const python = spawn('python3', [
    '-u',
    '-m',
    'http.server',
    '0',
    '--bind',
    '127.0.0.1',
    '--directory',
    'test/fixtures/upstream',
  ])
  t.teardown(() => python.kill('SIGKILL'))
  const port = await new Promise<string>((found) => {
    python.stdout.on('data', (line) => found(/port (\d+)/.exec(String(line))?.[1] ?? ''))
  })
  const gate = await openGate(t, [upstream, `http://127.0.0.1:${port}`])
  const { status, headers, body } = await gate.send({ path: '/hello.txt' })
  t.deepEqual([status, headers.server, body], [200, undefined, 'hello from another language\n'])
  t.is((await gate.send({ path: '/absent' })).status, 404)
  t.is((await gate.send({ method: 'HEAD', path: '/hello.txt' })).headers['content-length'], '28')
})
