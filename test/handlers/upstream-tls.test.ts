import type { IncomingMessage } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import type { UpstreamOptions } from '../../src/handlers/upstream/checks.ts'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { type Gate, listen, openGate } from './gate.ts'

const { ca, server: identity, gate: client } = makeCertificates()
const serverName = 'orders.internal'

interface Seen {
  readonly requests: IncomingMessage[]
}

async function open(
  t: ExecutionContext,
  options: Omit<UpstreamOptions, 'url'>,
  server: ServerOptions = {},
): Promise<Gate & Seen> {
  const requests: IncomingMessage[] = []
  const upstreamServer = createServer({ ...identity, ...server }, (req, res) => {
    requests.push(req)
    res.end((req.socket as TLSSocket).getPeerCertificate()?.subject?.CN ?? 'ok')
  })
  const port = await listen(t, upstreamServer)
  return { ...(await openGate(t, [upstream, { url: `https://127.0.0.1:${port}`, ...options }])), requests }
}

test('speaks TLS to an upstream that its own authority vouches for', async (t) => {
  const gate = await open(t, { ca, serverName })
  const { status, body } = await gate.send()
  t.deepEqual([status, body], [200, 'ok'])
})

test('shows its own certificate to an upstream that asks for it', async (t) => {
  const gate = await open(t, { ca, serverName, ...client }, { requestCert: true, ca })
  t.is((await gate.send()).body, 'gate')
})

for (const [what, options, server] of [
  ['an unknown authority', { serverName }, {}],
  ['another name', { ca }, {}],
  [
    'TLS older than 1.2',
    { ca, serverName },
    { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
  ],
] as const) {
  test(`answers 502 to ${what}, and sends nothing`, async (t) => {
    const gate = await open(t, options, server)
    const answer = await gate.send({ method: 'POST', body: 'secret' })
    t.is(answer.status, 502)
    t.is(JSON.parse(answer.body).message, 'Upstream request failed')
    t.is(gate.requests.length, 0)
  })
}

test('tries a GET again over TLS too, where a kept connection was closed under it', async (t) => {
  const gate = await open(t, { ca, serverName })
  t.is((await gate.send()).status, 200)
  const [first] = gate.requests
  t.is((first?.socket as TLSSocket | undefined)?.encrypted, true)
  first?.socket.removeAllListeners('data').on('data', () => first.socket.destroy())
  t.is((await gate.send()).status, 200)
  t.is(gate.requests.length, 2)
})
