/** Hygiene of message framing, over raw sockets: what two servers could read in two ways is refused, and the connection closes. */

import test from 'ava'
import { echoApp, startServer } from '../helpers/echo-server.ts'
import { ask, RawClient } from '../helpers/raw.ts'

const post = (head: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n${body}`
const last = '0\r\n\r\n'

const smuggling: Readonly<Record<string, string>> = {
  'both Content-Length and Transfer-Encoding': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', last),
  'both, the other way round': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', last),
  'an unknown transfer coding': post('Transfer-Encoding: xchunked\r\n', last),
  'a transfer coding before chunked': post('Transfer-Encoding: gzip, chunked\r\n', last),
  'a transfer coding after chunked': post('Transfer-Encoding: chunked, gzip\r\n', last),
  'an empty transfer coding': post('Transfer-Encoding:\r\n', last),
  'an empty member before chunked': post('Transfer-Encoding: ,chunked\r\n', last),
  'parameters of chunked': post('Transfer-Encoding: chunked;a=b\r\n', last),
  identity: post('Transfer-Encoding: identity\r\n', last),
  'a quoted chunked': post('Transfer-Encoding: "chunked"\r\n', last),
  'a vertical tab before chunked': post('Transfer-Encoding: \x0bchunked\r\n', last),
  'a space before the colon': post('Transfer-Encoding : chunked\r\n', last),
  'Transfer-Encoding twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', last),
  'Transfer-Encoding with an underscore': post('Transfer_Encoding: chunked\r\n', last),
  'Content-Length with an underscore': post('Content_Length: 5\r\n', 'abcde'),
  'Transfer-Encoding in HTTP/1.0': 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Content-Length: +5': post('Content-Length: +5\r\n', 'abcde'),
  'Content-Length: -5': post('Content-Length: -5\r\n', 'abcde'),
  'Content-Length: 5, 5': post('Content-Length: 5, 5\r\n', 'abcde'),
  'Content-Length: 0x5': post('Content-Length: 0x5\r\n', 'abcde'),
  'an empty Content-Length': post('Content-Length:\r\n'),
  'a Content-Length beyond 64 bits': post('Content-Length: 99999999999999999999\r\n'),
  'Content-Length twice': post('Content-Length: 5\r\nContent-Length: 5\r\n', 'abcde'),
  'two unlike Content-Lengths': post('Content-Length: 5\r\nContent-Length: 6\r\n', 'abcde'),
  'a folded header': post('X: a\r\n b\r\n'),
  'a bare CR in a header': post('X: a\rb\r\n'),
  'a bare LF after a header': post('X: a\nY: b\r\n'),
  'a NUL in a header': post('X: a\0b\r\n'),
  'a header without a name': post(': a\r\n'),
  'a header without a colon': post('x\r\n'),
  'a space before the first header': 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n\r\n',
  'HTTP/2.0 in clear': 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a TLS hello': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'an unknown method': 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a method in lower case': 'get / HTTP/1.1\r\nHost: a\r\n\r\n',
  'bytes beyond ASCII in the target': 'GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n',
  'a control byte in the target': 'GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
  'two Authorization headers': 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n',
  'two Content-Types': post('Content-Type: a/b\r\nContent-Type: c/d\r\n'),
}
for (const [shape, bytes] of Object.entries(smuggling)) {
  test(`refuses ${shape}, and closes the connection`, async (t) => {
    const { port } = await startServer(t, echoApp())
    const client = await RawClient.connect(port)
    const { status, headers, body } = await client.send(`${bytes}GET /second HTTP/1.1\r\nHost: a\r\n\r\n`).answer()
    t.is(status, 400)
    t.is(JSON.parse(body).code, 'request_malformed')
    t.is(headers.get('connection'), 'close')
    t.is(await client.rest(), '')
  })
}

test('takes chunked in any case, and chunk extensions', async (t) => {
  const { port } = await startServer(t, echoApp())
  t.is((await ask(port, post('Transfer-Encoding: CHUNKED\r\n', `3;a=b\r\nabc\r\n${last}`))).status, 200)
})

test('takes HTTP/1.0, without Host too, and closes', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  const { status, body } = await client.send('GET /a HTTP/1.0\r\n\r\n').answer()
  t.is(status, 200)
  t.is(JSON.parse(body).host, '')
  t.is(await client.rest(), '')
})

test('reads a header named __proto__ as any other', async (t) => {
  const { port } = await startServer(t, echoApp())
  t.is((await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\n__proto__: b\r\nconstructor: c\r\n\r\n')).status, 200)
})

test('refuses a second Host behind a thousand other headers', async (t) => {
  const { port } = await startServer(t, echoApp())
  const { body } = await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${'X:\r\n'.repeat(900)}Host: b\r\n\r\n`)
  t.is(JSON.parse(body).message, 'Header `host` stands twice')
})

const upgrade = (protocol: string, connection = 'Upgrade') =>
  `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\nUpgrade: ${protocol}\r\n\r\n`

test('refuses an upgrade, and answers the next request', async (t) => {
  const { port } = await startServer(t, echoApp())
  const client = await RawClient.connect(port)
  for (const bytes of [upgrade('websocket'), upgrade('h2c, websocket'), upgrade('TLS/1.3', 'keep-alive,  upgrade')]) {
    const { status, body } = await client.send(bytes).answer()
    t.is(status, 501)
    t.is(JSON.parse(body).code, 'upgrade_unsupported')
  }
  client.socket.destroy()
})

test('passes over an offer of h2c, and over an Upgrade that Connection does not name', async (t) => {
  const { port } = await startServer(t, echoApp())
  t.is((await ask(port, upgrade('h2c', 'Upgrade, HTTP2-Settings'))).status, 200)
  t.is((await ask(port, upgrade('websocket', 'keep-alive'))).status, 200)
})

const named = (names: string) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${names}\r\n\r\n`

for (const name of [
  'content-type, x-idem',
  'Authorization',
  'close,COOKIE',
  'keep-alive\t, origin',
  'host',
  'accept',
  'Accept-Encoding',
  'expect',
  'date',
  'Forwarded',
  'X-Forwarded-For',
  'x-request-id',
  'If-Match',
  'range',
  'Sec-Fetch-Site',
  'x-mine\r\nConnection: referer',
]) {
  test(`refuses a Connection that names ${JSON.stringify(name)}`, async (t) => {
    const { port } = await startServer(t, echoApp())
    const { status, body } = await ask(port, named(name))
    t.is(status, 400)
    t.is(JSON.parse(body).message, 'Connection names a header that is not for this connection alone')
  })
}

test('takes a Connection that names what is for this connection alone', async (t) => {
  const { port } = await startServer(t, echoApp())
  for (const names of ['Keep-Alive', 'close, TE', 'x-mine, keep-alive', ', ,', 'accepted', 'x-content-type', 'ifs']) {
    t.is((await ask(port, named(names))).status, 200, names)
  }
})

test('refuses an expectation other than 100-continue', async (t) => {
  const { port } = await startServer(t, echoApp())
  t.is((await ask(port, post('Expect: 100-continue\r\nContent-Length: 1\r\n'))).status, 200)
  t.is((await ask(port, post('Expect: 100-Continue\r\nContent-Length: 1\r\n'))).status, 200)
  for (const expectation of ['x', '100-continue, x', '']) {
    const { status, body } = await ask(port, post(`Expect: ${expectation}\r\nContent-Length: 1\r\n`))
    t.is(status, 400)
    t.is(JSON.parse(body).message, 'Expect must be `100-continue`')
  }
})

test('keeps a request id that is fit for logs, and makes one otherwise', async (t) => {
  const { port } = await startServer(t, echoApp())
  const idOf = async (head: string) =>
    JSON.parse((await ask(port, `GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`)).body).requestId
  t.is(await idOf('X-Request-Id: a.B_c-1\r\n'), 'a.B_c-1')
  for (const id of ['', 'a b', 'a"', '<x>', 'a'.repeat(65), 'é']) t.is(await idOf(`X-Request-Id: ${id}\r\n`), 'made')
  t.is(await idOf('X-Request-Id: a\r\nX-Request-Id: b\r\n'), 'made')
})
