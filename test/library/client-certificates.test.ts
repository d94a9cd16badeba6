/** A gate in a server of somebody else, which asks clients for certificates itself: the policies need not say so. */

import { createServer } from 'node:https'
import test from 'ava'
import Koa from 'koa'
import { portcullis } from '../../src/index.ts'
import { listen } from '../handlers/gate.ts'
import { ClientAuthority } from '../helpers/client-certificates.ts'
import { writePolicies } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'
import { makeServerCertificate } from '../helpers/server-certificate.ts'

test('judges the certificates that the listener of the app was shown', async (t) => {
  const authority = new ClientAuthority(t)
  const directory = writePolicies({ 'a.yaml': 'routes:\n  GET /a: { authenticate: mtls, reply: { body: ok } }\n' })
  const gate = portcullis(directory)
  t.teardown(() => gate.close())
  await gate.open()
  const app = new Koa().use(gate.middleware)
  const asking = { ca: authority.ca, requestCert: true, rejectUnauthorized: false }
  const port = await listen(t, createServer({ ...makeServerCertificate(['localhost']), ...asking }, app.callback()))
  for (const [pair, status] of [
    [authority.issue('/CN=billing'), 200],
    [makeServerCertificate(['billing']), 401],
    [undefined, 401],
  ] as const) {
    const client = await RawClient.secure(port, { ...pair })
    t.is((await client.send('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n').answer()).status, status)
    client.socket.destroy()
  }
})
