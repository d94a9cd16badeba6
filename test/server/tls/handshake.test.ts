/** TLS as clients meet it: versions, suites, protocols, sessions, and what comes to its port in clear. */

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../src/services/clock.ts'
import { RawClient } from '../../helpers/raw.ts'
import { pairFiles, policyWith, type SecureServer, startSecure } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'
import { until } from '../../helpers/until.ts'

const pair = makeServerCertificate(['localhost', '127.0.0.1'])
const rsa = makeServerCertificate(['localhost'], { newKey: ['rsa:2048'] })
const get = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n'

const start = (t: ExecutionContext, more = '', shown = pair): Promise<SecureServer> =>
  startSecure(t, { 'a.yaml': policyWith(more), ...pairFiles(shown) })

/** What came of a handshake: the version and the suite, or the code of the error. */
async function handshake(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    const { promise, resolve } = Promise.withResolvers<string>()
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''))
    socket.once('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.getCipher().name}`))
    return await promise
  } finally {
    socket.destroy()
  }
}

const old = 'DEFAULT@SECLEVEL=0'

test('speaks TLS 1.2 and 1.3, and nothing older', async (t) => {
  const { server } = await start(t)
  t.regex(server.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.is(await handshake(server.port, {}), 'TLSv1.3 TLS_AES_128_GCM_SHA256')
  t.is(await handshake(server.port, { maxVersion: 'TLSv1.2' }), 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256')
  for (const version of ['TLSv1.1', 'TLSv1'] as const)
    t.regex(
      await handshake(server.port, { minVersion: version, maxVersion: version, ciphers: old }),
      /PROTOCOL_VERSION|UNSUPPORTED/,
      version,
    )
})

test('minVersion: TLSv1.3 refuses what is older', async (t) => {
  const { server } = await start(t, '    minVersion: TLSv1.3\n')
  t.regex(await handshake(server.port, {}), /^TLSv1\.3 /)
  t.regex(await handshake(server.port, { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/)
})

test('takes no suite without forward secrecy, and none that is not authenticated encryption', async (t) => {
  const { server } = await start(t, '', rsa)
  const weak = [
    'AES128-GCM-SHA256',
    'AES256-SHA256',
    'ECDHE-RSA-AES128-SHA',
    'ECDHE-RSA-AES256-SHA384',
    'DHE-RSA-AES128-GCM-SHA256',
  ]
  for (const suite of weak)
    t.regex(
      await handshake(server.port, { maxVersion: 'TLSv1.2', ciphers: `${suite}:@SECLEVEL=0` }),
      /HANDSHAKE_FAILURE/,
      suite,
    )
})

test('holds to its own order of suites, but for clients that cannot do AES fast', async (t) => {
  const { server } = await start(t, '', rsa)
  const [aes, chacha] = ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-CHACHA20-POLY1305']
  const choice = (ciphers: string) => handshake(server.port, { maxVersion: 'TLSv1.2', ciphers })
  t.is(await choice(`ECDHE-RSA-AES256-GCM-SHA384:${aes}`), `TLSv1.2 ${aes}`)
  t.is(await choice(`${chacha}:${aes}`), `TLSv1.2 ${chacha}`)
})

test('speaks HTTP/1.1 to whoever offers it, and nothing to who wants HTTP/2 alone', async (t) => {
  const { server } = await start(t)
  const client = await RawClient.secure(server.port, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.is(client.socket.alpnProtocol, 'http/1.1')
  t.is((await client.send(get).answer()).body, 'ok')
  client.socket.destroy()
  t.regex(await handshake(server.port, { ALPNProtocols: ['h2'] }), /NO_APPLICATION_PROTOCOL/)
})

test('every answer asks for HTTPS, also one that no route gives', async (t) => {
  const { server } = await start(t)
  for (const bytes of [get, 'GET /none HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\nbroken\r\n\r\n']) {
    const client = await RawClient.secure(server.port)
    const { headers } = await client.send(bytes).answer()
    t.is(headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains', bytes)
    client.socket.destroy()
  }
})

test('a client that speaks plain HTTP is told nothing, and does no harm', async (t) => {
  const { server, metrics } = await start(t)
  const plain = await RawClient.connect(server.port)
  t.notRegex(await plain.send(get).rest(), /HTTP/)
  await until(() => metrics.handshakeFailures === 1)
  t.is((await (await RawClient.secure(server.port)).send(get).answer()).status, 200)
})

test('a renegotiation is refused', async (t) => {
  const { server } = await start(t)
  const { socket } = await RawClient.secure(server.port, { maxVersion: 'TLSv1.2' })
  const { promise, resolve } = Promise.withResolvers<Error | null>()
  socket.renegotiate({}, resolve)
  socket.once('close', () => resolve(new Error('closed')))
  t.truthy(await promise)
})

/** A session of a first connection. */
async function sessionOf(port: number, options: ConnectionOptions = {}): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  socket.write(get)
  const [ticket] = await once(socket, 'session')
  socket.destroy()
  return ticket
}

async function isResumed(port: number, options: ConnectionOptions): Promise<boolean> {
  const { socket } = (await RawClient.secure(port, options)) as { readonly socket: TLSSocket }
  const isReused = socket.isSessionReused()
  socket.destroy()
  return isReused
}

test('resumes a session for as long as the keys of its tickets hold, which is an hour at most', async (t) => {
  let passed = 0
  const clock = { now: () => Date.now() + passed, monotonic: () => systemClock.monotonic() }
  const { server, app } = await startSecure(t, { 'a.yaml': policyWith(), ...pairFiles(pair) }, clock)
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const session = await sessionOf(server.port, { maxVersion })
    t.true(await isResumed(server.port, { maxVersion, session }), maxVersion)
    passed += 3_600_000
    await app.reload()
    t.false(await isResumed(server.port, { maxVersion, session }), `${maxVersion} an hour later`)
  }
})

test('closing ends connections that are still at their handshake', async (t) => {
  const patient = policyWith().replace(
    'settings:\n',
    'settings:\n  limits: { headersTimeout: 10m, requestTimeout: 10m }\n',
  )
  const { server } = await startSecure(t, { 'a.yaml': patient, ...pairFiles(pair) })
  const [silent, halfWay] = [connectPlain(server.port, '127.0.0.1'), connectPlain(server.port, '127.0.0.1')]
  await Promise.all([once(silent, 'connect'), once(halfWay, 'connect')])
  for (const socket of [silent, halfWay]) socket.on('error', () => {})
  halfWay.write(Buffer.from('1603010200010001fc0303', 'hex'))
  const idle = await RawClient.secure(server.port)
  await idle.send(get).answer()
  const ended = Promise.all([once(silent, 'close'), once(halfWay, 'close')])
  await server.close(2_000)
  await ended
  t.is(await idle.rest(), '')
})

test('when the server drains, idle connections are closed, and running answers end', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const upstream = createServer((_req, res) => asked.resolve(res)).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close().closeAllConnections())
  const { port } = upstream.address() as AddressInfo
  const slow = `  GET /slow: { authenticate: public, network: [127.0.0.0/8], upstream: 'http://127.0.0.1:${port}' }\n`
  const { server } = await startSecure(t, { 'a.yaml': `${policyWith()}${slow}`, ...pairFiles(pair) })
  const [unused, used, running] = await Promise.all([1, 2, 3].map(() => RawClient.secure(server.port)))
  if (unused === undefined || used === undefined || running === undefined) return t.fail()
  await used.send(get).answer()
  running.send(get.replace('/a', '/slow'))
  const response = await asked.promise
  const closed = server.close(60_000)
  t.is(await unused.rest(), '')
  t.is(await used.rest(), '')
  response.end('late')
  t.is((await running.answer()).body, 'late')
  await closed
})
