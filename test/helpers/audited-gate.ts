/** A gate whose records are kept in memory, and policies that put every kind of thing on record. */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import jwt from 'jsonwebtoken'
import type { Observer } from '../../src/core/observer.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { systemClock } from '../../src/services/clock.ts'
import { type AuditSink, type Recorded, sunk } from './audit-sink.ts'
import { type Gate, openGate } from './gate.ts'

const secret = 'a secret of these tests, longer than thirty-two bytes'
process.env.AUDIT_SECRET = secret

const upstream = createServer((req, res) => {
  if (req.url?.startsWith('/up/broken')) req.socket.destroy()
  else if (!req.url?.startsWith('/up/silent')) res.writeHead(req.method === 'POST' ? 201 : 200).end('ok')
})

/** The next request of this method that reaches the upstream. */
export async function reached(method: string): Promise<IncomingMessage> {
  const [req] = (await once(upstream, 'request')) as [IncomingMessage]
  return req.method === method ? req : reached(method)
}

/** Starts the upstream of the policies; what it returns ends it. */
export async function startUpstream(): Promise<() => void> {
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  return () => {
    upstream.close()
    upstream.closeAllConnections()
  }
}

export const policies = () => ({
  'shared.yaml': `
settings:
  audit: { events: [order.create, order.read] }
issuers:
  shop: { issuer: https://login.example/, audience: api, algorithms: [HS256], secret: '\${env:AUDIT_SECRET}' }
`,
  'api.yaml': `
service: api
prefix: /api
defaults:
  authenticate: public
  cors: { origins: [https://shop.example] }
  network: [127.0.0.0/8]
routes:
  GET /plain: { reply: { body: ok } }
  DELETE /plain: { reply: { body: ok } }
  GET /scoped:
    authenticate: jwt
    scopes: [things:read]
    reply: { body: ok }
  POST /orders/:id:
    authenticate: jwt
    because: the tests send what they like
    audit:
      action: order.create
      resource: 'order/\${params.id}'
      details: { sku: '\${query.sku}', sort: fixed }
      pseudonyms: [user.id, ip, details.sku]
    input: { query: any }
    reply: { body: ok }
  GET /orders/:id:
    audit: { action: order.read, resource: '\${params.id}' }
    reply: { body: ok }
  GET /silent:
    audit: off
    because: nobody needs it
    scopes: [things:read]
    authenticate: jwt
    reply: { body: ok }
  POST /silent: { audit: off, because: nobody needs it, reply: { body: ok } }
  GET /required:
    audit: { required: true }
    reply: { body: ok }
  GET /required/scoped:
    authenticate: jwt
    scopes: [things:read]
    audit: { required: true }
    reply: { body: ok }
  POST /required/scoped:
    authenticate: jwt
    scopes: [things:write]
    audit: { required: true }
    reply: { body: ok }
  POST /required:
    audit: { required: true }
    reply: { body: ok }
  POST /failing: { handler: './failing.js#fail' }
  POST /required/failing:
    audit: { required: true }
    handler: ./failing.js#fail
  GET /failing: { handler: './failing.js#fail' }
  POST /refusing: { handler: './failing.js#refuse' }
  GET /reported:
    authenticate: [jwt, public]
    scopes: [things:read]
    reportOnly: [scopes]
    because: watched first
    reply: { body: ok }
`,
  'up.yaml': `
service: up
prefix: /up
upstream: http://127.0.0.1:${(upstream.address() as AddressInfo).port}
defaults: { authenticate: public }
routes:
  POST /things: {}
  POST /silent: {}
  POST /broken: {}
  GET /silent:
    audit: { required: true }
`,
  'failing.js': `
    export const fail = () => { throw new Error("secret of the handler") }
    export const refuse = (ctx) => ctx.throw(403, "secret of the handler")
  `,
})

export interface Audited {
  readonly gate: Gate
  readonly sink: AuditSink
}

/** Opens the gate until the test is over; `others` are asked after the audit. */
export async function openAudited(t: ExecutionContext, others: readonly Observer[] = []): Promise<Audited> {
  const { trail, sink } = sunk()
  const observer = auditObserver({ audit: trail, clock: systemClock })
  const gate = await openGate(policies(), { world: { audit: trail }, observers: [observer, ...others] })
  t.teardown(async () => {
    observer.close()
    await gate.close()
  })
  return { gate, sink }
}

/** The credential of `anna`, without a scope. */
export const bearer = (claims: object = {}) => ({
  authorization: `Bearer ${jwt.sign({ sub: 'anna', ...claims }, secret, {
    issuer: 'https://login.example/',
    audience: 'api',
    expiresIn: 60,
  })}`,
})

/** The last record of a gate that has put nothing else on record than what it was asked now. */
export const only = async (sink: AuditSink): Promise<Recorded> => {
  const records = await sink.until(1)
  if (records.length !== 1) throw new Error(`expected one record, not ${JSON.stringify(records)}`)
  return records[0] ?? {}
}

/** Asks for what is always on record, so that what came before would be there by now. */
export async function settle({ gate, sink }: Audited): Promise<readonly Recorded[]> {
  await gate.call('DELETE', '/api/plain', { headers: { 'x-request-id': 'last' } })
  while (!sink.records.some(({ requestId }) => requestId === 'last')) await sink.change()
  return sink.records.filter(({ requestId }) => requestId !== 'last')
}
