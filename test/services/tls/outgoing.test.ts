/** TLS to other servers: what is shown, who is believed, and what no environment switches off. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type OutgoingTls, outgoingOptions } from '../../../src/services/tls/outgoing.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { ClientAuthority } from '../../helpers/client-certificates.ts'

const { ca, server, gate } = makeCertificates()
const other = makeCertificates()

interface Met {
  readonly name: string | false | null
  readonly client: string | undefined
}

/** Asks for a certificate of the authority, and says whom it met. */
async function startAsking(t: ExecutionContext, own = { ca, ...server }) {
  const met: Met[] = []
  const asking = createServer({ ...own, requestCert: true, rejectUnauthorized: true }, (socket) => {
    met.push({ name: socket.servername ?? null, client: socket.getPeerX509Certificate()?.subject })
    socket.on('error', () => {}).end('met')
  })
  asking.on('tlsClientError', () => {})
  await once(asking.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => asking.close())
  return { met, port: (asking.address() as AddressInfo).port }
}

/** What the server says, or why there is nothing to hear. */
async function hear(port: number, tls: OutgoingTls, host?: string): Promise<string> {
  const socket: TLSSocket = connect({ ...outgoingOptions(tls, host), port, host: '127.0.0.1' })
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.on('data', (bytes) => resolve(String(bytes)))
  socket.on('error', ({ message }) => resolve(message))
  socket.on('close', () => resolve('closed'))
  return promise.finally(() => socket.destroy())
}

test('shows its certificate to the server of the name that it is told', async (t) => {
  const { met, port } = await startAsking(t)
  t.is(await hear(port, { ca, ...gate, serverName: 'orders.internal' }), 'met')
  t.is(await hear(port, { ca, ...gate }, 'orders.internal'), 'met')
  t.deepEqual(met, Array(2).fill({ name: 'orders.internal', client: 'CN=gate' }))
})

test('is refused without a certificate, and with that of another authority', async (t) => {
  const { met, port } = await startAsking(t)
  const serverName = 'orders.internal'
  t.regex(await hear(port, { ca, serverName }), /certificate required|closed|ECONNRESET/i)
  t.regex(await hear(port, { ca, ...other.gate, serverName }), /unknown ca|closed|ECONNRESET/i)
  t.deepEqual(met, [])
})

test('believes no server of another authority, and none of another name', async (t) => {
  const { met, port } = await startAsking(t)
  t.regex(await hear(port, { ...gate, serverName: 'orders.internal' }), /certificate/)
  t.regex(await hear(port, { ca: other.ca, ...gate, serverName: 'orders.internal' }), /certificate/)
  t.regex(await hear(port, { ca, ...gate, serverName: 'stock.internal' }), /altnames/)
  t.regex(await hear(port, { ca, ...gate }), /altnames/)
  t.deepEqual(met, [])
})

test('an address as the name is looked for in the certificate, and said to nobody', async (t) => {
  const authority = new ClientAuthority(t)
  const named = { ca: authority.ca, ...authority.issue('/CN=by address', 'IP:10.1.2.3') }
  const { met, port } = await startAsking(t, named)
  const shown = authority.issue('/CN=gate')
  t.is(await hear(port, { ca: authority.ca, ...shown, serverName: '10.1.2.3' }), 'met')
  t.regex(await hear(port, { ca: authority.ca, ...shown, serverName: '10.1.2.4' }), /10\.1\.2\.4/)
  t.deepEqual(met, [{ name: false, client: 'CN=gate' }])
})

test('speaks nothing older than TLS 1.2', async (t) => {
  const old = createServer({ ...server, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
  old.on('tlsClientError', () => {})
  await once(old.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => old.close())
  t.regex(await hear((old.address() as AddressInfo).port, { ca }, 'orders.internal'), /protocol version|unsupported/i)
})

test.serial('no environment switches the verification off', async (t) => {
  const { met, port } = await startAsking(t)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  t.regex(await hear(port, { ...gate, serverName: 'orders.internal' }), /certificate/)
  t.regex(await hear(port, { ca, ...gate, serverName: 'stock.internal' }), /altnames/)
  t.deepEqual(met, [])
})
