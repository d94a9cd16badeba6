/** How connections are made: plain and by TLS, to names and addresses, and in time. */

import { spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Readable } from 'node:stream'
import { createServer as createSecureServer, type TLSSocket, type TlsOptions } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { makeCertificates } from '../../helpers/certificates.ts'
import { everyByte } from './bytes.ts'
import { answerWith, behindPools, serve, type Upstream } from './serve.ts'

const { ca, local, gate } = makeCertificates()
const gone = new Error('the exchange is over')

/** A server of TLS for the name `localhost`. */
const serveSecure = (t: ExecutionContext, options: TlsOptions = {}): Promise<Upstream> =>
  serve(t, createSecureServer({ ...local, ...options }), {
    event: 'secureConnection',
    target: (port) => ({ origin: `https://localhost:${port}`, ca }),
  })

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`resumes the session of ${version} on the next connection, and asks for HTTP/1.1 alone`, async (t) => {
    const upstream = await serveSecure(t, {
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    const seen: unknown[] = []
    for (const index of [0, 1, 2]) {
      const asked = upstream.ask()
      const peer = await upstream.peer(index)
      await peer.head()
      const socket = peer.socket as TLSSocket
      seen.push([socket.isSessionReused(), socket.alpnProtocol])
      peer.send(answerWith('ok', 'Connection: close'))
      await asked.whole()
    }
    t.deepEqual(seen, [
      [false, 'http/1.1'],
      [true, 'http/1.1'],
      [true, 'http/1.1'],
    ])
  })
}

test('uses a connection of TLS again, and bodies pass it exactly in both directions', async (t) => {
  const upstream = await serveSecure(t)
  const body = everyByte(1_000_000)
  for (const sent of [body, Readable.from([body.subarray(0, 7), body.subarray(7)]), body.subarray(0, 10_000)]) {
    const size = Buffer.isBuffer(sent) ? sent.length : body.length
    const asked = upstream.ask({ method: 'POST', body: sent, length: size }, { received: ({ call }) => call.pause() })
    const peer = await upstream.peer(0)
    await peer.head()
    await peer.until((text) => text.length >= size)
    t.true(Buffer.from(peer.take(size), 'latin1').equals(body.subarray(0, size)))
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`).send(body)
    const going = setInterval(() => asked.call.resume(), 1)
    t.true((await asked.whole()).body.equals(body))
    clearInterval(going)
  }
  t.is(upstream.peers.length, 1)
})

test('sends nothing to a server that nobody it trusts vouches for', async (t) => {
  const upstream = await serve(t, createSecureServer(local), {
    event: 'secureConnection',
    target: (port) => ({ origin: `https://localhost:${port}` }),
  })
  const asked = upstream.ask({ method: 'POST', body: Buffer.from('secret') })
  t.like(await asked.failure(), { error: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, stale: false })
  for (const { closed } of upstream.peers) await closed
  t.deepEqual(
    upstream.peers.map(({ text }) => text),
    upstream.peers.map(() => ''),
  )
})

test('gives up a handshake that is not done within 10 s', async (t) => {
  const upstream = await serve(t, createServer(), { target: (port) => ({ origin: `https://localhost:${port}`, ca }) })
  const started = performance.now()
  const asked = upstream.ask()
  const peer = await upstream.peer(0)
  t.like(await asked.failure(), { error: { code: 'ETIMEDOUT' }, stale: false })
  t.true(performance.now() - started >= 9_990)
  await peer.closed
})

/** The port of a process that listens and accepts nothing; its queue of two is full. */
async function listenDeaf(t: ExecutionContext): Promise<number> {
  const script = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const fill = Array.from({ length: 16 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined))
  t.teardown(() => fill.forEach((socket) => void socket.destroy()))
  await Promise.any(fill.map((socket) => once(socket, 'connect')))
  await new Promise((turn) => setTimeout(turn, 500))
  return Number(port)
}

test('gives up a connection that is not made within 10 s', async (t) => {
  const { ask } = behindPools(t, { origin: `http://127.0.0.1:${await listenDeaf(t)}` })
  t.like(await ask().failure(), { error: { code: 'ETIMEDOUT' }, stale: false })
})

test('a call that is aborted while its handshake is done fails at once', async (t) => {
  const upstream = await serve(t, createServer(), { target: (port) => ({ origin: `https://localhost:${port}`, ca }) })
  const asked = upstream.ask()
  const peer = await upstream.peer(0)
  await peer.until((text) => text.length > 0)
  asked.call.abort(gone)
  t.true(asked.isOver)
  await peer.closed
})

const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
for (const host of hasV6 ? ['::1'] : []) {
  test(`connects to an address of IPv6, ${host}`, async (t) => {
    const upstream = await serve(t, createServer(), {
      host,
      target: (port) => ({ origin: `http://[${host}]:${port}` }),
    })
    const asked = upstream.ask()
    const peer = await upstream.peer(0)
    t.regex(await peer.head(), /\r\nHost: \[::1\]:\d+\r\n/)
    peer.send(answerWith('ok'))
    await asked.whole()
  })
}

/** `localhost` is here both addresses, in this order, whatever this machine says. */
function resolveTo(t: ExecutionContext, ...addresses: readonly string[]): void {
  const real = dns.lookup
  t.teardown(() => {
    dns.lookup = real
  })
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const lookup = (_: string, __: unknown, done: (error: null, found: unknown) => void) =>
    setImmediate(done, null, found)
  dns.lookup = lookup as unknown as typeof dns.lookup
}

for (const host of ['127.0.0.1', ...(hasV6 ? ['::1'] : [])]) {
  for (const order of [
    ['127.0.0.1', '::1'],
    ['::1', '127.0.0.1'],
  ]) {
    test.serial(`connects to localhost where only ${host} listens, of ${order}`, async (t) => {
      resolveTo(t, ...order)
      const plain = await serve(t, createServer(), { host, target: (port) => ({ origin: `http://localhost:${port}` }) })
      const secure = await serve(t, createSecureServer(local), {
        host,
        event: 'secureConnection',
        target: (port) => ({ origin: `https://localhost:${port}`, ca }),
      })
      const answer = Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'),
        everyByte(100_000),
      ])
      for (const upstream of [plain, secure]) {
        for (const _ of [1, 2]) {
          const asked = upstream.ask()
          const peer = await upstream.peer(0)
          await peer.head()
          peer.send(answer)
          t.true((await asked.whole()).body.equals(everyByte(100_000)))
        }
        t.is(upstream.peers.length, 1)
      }
    })
  }
}

test('a certificate or key that is none fails each call, and nothing else', async (t) => {
  const origin = 'https://127.0.0.1:1'
  for (const bad of [
    { cert: 'x', key: 'y' },
    { cert: gate.cert, key: 'y' },
    { cert: gate.cert, key: local.key },
  ]) {
    const { ask } = behindPools(t, { origin, ...bad })
    for (let round = 0; round < 1_030; round++) {
      const asked = ask()
      t.true(asked.isOver)
      t.false((await asked.failure()).stale)
      asked.call.pause()
      asked.call.resume()
      asked.call.abort(gone)
    }
  }
})

test('a name that is not known fails the call', async (t) => {
  const { ask } = behindPools(t, { origin: 'http://no-such-host.invalid' })
  const { error } = await ask().failure()
  t.true(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].includes(String(error.code)), error.code)
})
