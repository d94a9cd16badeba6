/** What an upstream writes on the head of its answer, as bytes, and what of it comes out of the gate, as bytes. */

import { createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { openGate } from '../helpers/gate.ts'
import { readAnswers } from './answers.ts'
import { sendPieces } from './connection.ts'

const policy = (upstream: string) => `service: up
settings: { trustedProxies: [127.0.0.0/8] }
upstream: ${upstream}
defaults: { authenticate: public, cors: { origins: ['https://shop.example'] }, timeout: { head: 2s, idle: 2s } }
routes:
  GET /api: {}
  GET /page: { headers: web }
  GET /set: { headers: { set: { X-Frame-Options: SAMEORIGIN, Server: shop, Alt-Svc: clear, X-Generator: us } } }
  GET /banner: { headers: { remove: [X-Team] } }
`

/** A gate before an upstream that answers every request with these bytes. */
async function openBefore(t: ExecutionContext, bytes: string) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('data', () => socket.write(bytes, 'latin1'))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const gate = await openGate({ 'up.yaml': policy(`http://127.0.0.1:${port}`) })
  t.teardown(gate.close)
  return gate
}

/** The one answer to a request, as a strict client reads it. */
async function answerTo(
  t: ExecutionContext,
  upstream: readonly string[],
  path = '/api',
  headers = 'X-Forwarded-Proto: https\r\n',
) {
  const gate = await openBefore(t, `${upstream.join('\r\n')}\r\n\r\n`)
  const request = `GET ${path} HTTP/1.1\r\nHost: gate.example\r\n${headers}Connection: close\r\n\r\n`
  const bytes = await sendPieces(gate.port, { pieces: [Buffer.from(request)], isDone: () => false, patience: 20_000 })
  const { answers, rest } = readAnswers(bytes, () => false)
  t.is(rest.length, 0)
  t.is(answers.length, 1)
  const [answer] = answers
  if (answer === undefined) throw new Error('no answer')
  return { ...answer, bytes: bytes.toString('latin1') }
}

const ok = ['HTTP/1.1 200 OK', 'Content-Length: 0']

test('banners stop at the gate, however they are spelt', async (t) => {
  const banners = [
    'Server',
    'x-powered-BY',
    'Via',
    'X-AspNet-Version',
    'X-Runtime',
    'X-Backend',
    'X-Backend-Server',
    'X-Served-By',
  ]
  const more = [
    'X-Generator',
    'X-Varnish',
    'X-Drupal-Cache',
    'X-Envoy-Upstream-Service-Time',
    'Powered-By',
    'SourceMap',
    'X-SourceMap',
  ]
  const { bytes } = await answerTo(t, [
    ...ok,
    ...[...banners, ...more].map((name) => `${name}: tell-tale`),
    'Alt-Svc: h3="tell-tale:443"',
  ])
  t.notRegex(bytes, /tell-tale|alt-svc/i)
})

test('what a policy sets is sent, be it a banner', async (t) => {
  const { headers } = await answerTo(t, [...ok, 'Server: nginx', 'X-Frame-Options: ALLOWALL'], '/set')
  t.deepEqual(
    ['server', 'alt-svc', 'x-generator', 'x-frame-options'].map((name) => headers.get(name)),
    [['shop'], ['clear'], ['us'], ['SAMEORIGIN']],
  )
})

test('no header weakens what the policy gives, nor stands twice', async (t) => {
  const weak = [
    'Strict-Transport-Security: max-age=0',
    'strict-transport-security: max-age=1',
    'X-Frame-Options: ALLOWALL',
    'X-Content-Type-Options: none',
    'Referrer-Policy: unsafe-url',
    'Content-Security-Policy: default-src *',
    'Access-Control-Allow-Origin: *',
    'Access-Control-Allow-Credentials: true',
    'Cross-Origin-Resource-Policy: cross-origin',
  ]
  const { headers } = await answerTo(t, [...ok, ...weak])
  const one = (name: string) => headers.get(name)
  t.deepEqual(one('strict-transport-security'), ['max-age=31536000; includeSubDomains'])
  t.deepEqual(one('x-frame-options'), ['DENY'])
  t.deepEqual(one('x-content-type-options'), ['nosniff'])
  t.deepEqual(one('referrer-policy'), ['no-referrer'])
  t.deepEqual(one('content-security-policy'), ["default-src *, default-src 'none';frame-ancestors 'none'"])
  t.is(one('access-control-allow-origin'), undefined)
  t.is(one('access-control-allow-credentials'), undefined)
  t.deepEqual(one('cross-origin-resource-policy'), ['same-origin'])
})

test("a page's own sound policy and stricter headers stand", async (t) => {
  const strict = [
    "Content-Security-Policy: script-src 'nonce-abc'; object-src 'none'",
    'X-Frame-Options: DENY',
    'Referrer-Policy: same-origin',
  ]
  const { headers } = await answerTo(t, [...ok, ...strict, 'Clear-Site-Data: "cache"', 'Refresh: 5'], '/page')
  t.deepEqual(headers.get('content-security-policy'), ["script-src 'nonce-abc'; object-src 'none'"])
  t.deepEqual(headers.get('x-frame-options'), ['DENY'])
  t.deepEqual(headers.get('referrer-policy'), ['same-origin'])
  t.deepEqual(headers.get('clear-site-data'), ['"cache"'])
  t.deepEqual(headers.get('refresh'), ['5'])
})

test('cookies are Secure under TLS, and none is lost', async (t) => {
  const { headers } = await answerTo(t, [
    ...ok,
    'Set-Cookie: a=1',
    'Set-Cookie: b=2; path=/;secure',
    'Set-Cookie: lost',
    'SET-COOKIE: c=3',
  ])
  t.deepEqual(headers.get('set-cookie'), ['a=1; Secure', 'b=2; path=/;secure', 'c=3; Secure'])
})

test('an answer without a media type is not sniffed', async (t) => {
  const { headers } = await answerTo(t, ['HTTP/1.1 200 OK', 'Content-Length: 4', '', '<b>'])
  t.deepEqual(headers.get('x-content-type-options'), ['nosniff'])
  t.is(headers.get('content-type'), undefined)
})

test('news and trailers of an upstream end at the gate', async (t) => {
  const early = ['HTTP/1.1 103 Early Hints', 'Link: </evil.js>; rel=preload; as=script', 'Set-Cookie: early=1', '']
  const chunked = [
    'HTTP/1.1 200 OK',
    'Transfer-Encoding: chunked',
    'Trailer: Set-Cookie',
    '',
    '2',
    'ok',
    '0',
    'Set-Cookie: trailer=1',
  ]
  const { bytes, body } = await answerTo(t, [...early, ...chunked])
  t.is(body.toString(), 'ok')
  t.notRegex(bytes, /early|evil|trailer/i)
})

for (const [what, line] of [
  ['a bare CR', 'Location: /a\rSet-Cookie: split=1'],
  ['a NUL', 'Location: /a\0b'],
  ['a folded line', 'Location: /a\r\n Set-Cookie: split=1'],
  ['a space before the colon', 'Location : /a'],
  ['a bare LF', 'Location: /a\nSet-Cookie: split=1'],
] as const) {
  test(`a header with ${what} splits nothing`, async (t) => {
    const { status, headers } = await answerTo(t, ['HTTP/1.1 302 Found', 'Content-Length: 0', line])
    if (status !== 502) t.is(what === 'a bare LF' || what === 'a folded line', true, `${status}`)
    const location = headers.get('location')?.join() ?? ''
    t.notRegex(location, /[\r\n\0]/)
    if (what !== 'a bare LF') t.is(headers.get('set-cookie'), undefined)
  })
}
