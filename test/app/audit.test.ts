/** What real requests put on record. */

import test from 'ava'
import { pseudonym, type Recorded } from '../helpers/audit-sink.ts'
import { bearer, only, openAudited, policies, settle, startUpstream } from '../helpers/audited-gate.ts'

let stop: () => void
test.before(async () => {
  stop = await startUpstream()
})
test.after.always(() => stop())

test('puts all that a route names on record, in one order', async (t) => {
  const { gate, sink } = await openAudited(t)
  const headers = { ...bearer(), 'x-request-id': 'r1' }
  await gate.call('POST', '/api/orders/o-7?sku=A1&token=hidden', { headers })
  const record = await only(sink)
  t.deepEqual(record, {
    event: 'order.create',
    outcome: 'allowed',
    action: 'order.create',
    resource: 'order/o-7',
    principal: { issuer: 'https://login.example/', id: pseudonym('user.id', 'https://login.example/\0anna') },
    address: pseudonym('ip', '127.0.0.1'),
    method: 'POST',
    route: 'POST /api/orders/:id',
    service: 'api',
    policy: gate.world.metrics.policy?.digest,
    source: record.source,
    requestId: 'r1',
    status: 200,
    milliseconds: record.milliseconds,
    details: { sku: pseudonym('details.sku', 'A1'), sort: 'fixed' },
  })
  t.deepEqual(Object.keys(record), [
    ...['event', 'outcome', 'action', 'resource', 'principal', 'address', 'method', 'route', 'service', 'policy'],
    ...['source', 'requestId', 'status', 'milliseconds', 'details'],
  ])
  t.regex(String(record.source), /\/api\.yaml:\d+$/)
  t.regex(String(record.policy), /^[0-9a-f]{64}$/)
  t.regex(JSON.stringify(record.milliseconds), /^\d+(\.\d)?$/)
})

test('writes no token, no query string, and no personal value that is to be a pseudonym', async (t) => {
  const { gate, sink } = await openAudited(t)
  const headers = bearer()
  await gate.call('POST', '/api/orders/o-7?sku=A1&token=hidden', { headers, body: '' })
  await gate.call('GET', '/nowhere?token=hidden', { headers })
  await gate.call('GET', '/a//b?token=hidden', { headers })
  const text = JSON.stringify(await sink.until(3))
  for (const value of ['hidden', headers.authorization.slice(7), '"anna', '"A1"']) t.false(text.includes(value), value)
})

test('records changes, refusals and failed authentication unless told, and no reads', async (t) => {
  const audited = await openAudited(t)
  const { gate } = audited
  await gate.call('GET', '/api/plain')
  await gate.call('HEAD', '/api/plain')
  await gate.call('OPTIONS', '/api/plain')
  await gate.call('OPTIONS', '/api/orders/1')
  await gate.call('OPTIONS', '/api/required')
  await gate.call('GET', '/api/failing')
  t.deepEqual(await settle(audited), [])
  await gate.call('DELETE', '/api/plain')
  await gate.call('GET', '/api/scoped')
  await gate.call('GET', '/api/scoped', { headers: bearer() })
  await gate.call('POST', '/up/things')
  const seen = (await settle(audited)).map(({ event, outcome, guard, reason, status }) => [
    ...[event, outcome, guard, reason, status],
  ])
  t.deepEqual(seen, [
    ['data.delete', 'allowed', undefined, undefined, 200],
    ['auth.failed', 'denied', 'authenticate', 'token_missing', 401],
    ['access.denied', 'denied', 'scopes', 'scope_missing', 403],
    ['data.create', 'allowed', undefined, undefined, 201],
  ])
})

test('points a refusal to the line of the guard that refused, and says who was refused', async (t) => {
  const { gate, sink } = await openAudited(t)
  await gate.call('GET', '/api/scoped', { headers: bearer() })
  const record = await only(sink)
  const line =
    policies()
      ['api.yaml'].split('\n')
      .findIndex((text) => text.includes('scopes: [')) + 1
  t.true(String(record.source).endsWith(`/api.yaml:${line}`))
  t.like(record, { principal: { issuer: 'https://login.example/', id: 'anna' }, address: '127.0.0.1' })
})

test('records what no route answers, by its path', async (t) => {
  const { gate, sink } = await openAudited(t)
  await gate.call('GET', `/${'n'.repeat(400)}`)
  await gate.call('DELETE', '/api/orders/1')
  await gate.call('GET', '/a/../b')
  const [unknown, method, malformed] = await sink.until(3)
  t.like(unknown, { event: 'access.denied', reason: 'route_unknown', status: 404, path: `/${'n'.repeat(254)}…` })
  t.is(unknown?.route, undefined)
  t.is(unknown?.policy, gate.world.metrics.policy?.digest)
  t.like(method, { reason: 'method_not_allowed', status: 405, method: 'DELETE' })
  t.like(malformed, { reason: 'request_malformed', status: 400 })
  t.is(typeof malformed?.cause, 'string')
})

test('records reads of a route that names what is read', async (t) => {
  const { gate, sink } = await openAudited(t)
  await gate.call('GET', `/api/orders/${'%F0%9F%98%80'.repeat(10)}`)
  t.like(await only(sink), { event: 'order.read', outcome: 'allowed', resource: '😀'.repeat(10), method: 'GET' })
})

test('keeps nothing of a route whose audit is off, preflights included', async (t) => {
  const audited = await openAudited(t)
  await audited.gate.call('GET', '/api/silent')
  await audited.gate.call('POST', '/api/silent')
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
  await audited.gate.call('OPTIONS', '/api/silent', { headers })
  t.deepEqual(await settle(audited), [])
  await audited.gate.call('OPTIONS', '/api/plain', { headers })
  t.like((await settle(audited))[0], { event: 'access.denied', guard: 'cors', reason: 'origin_denied', status: 403 })
})

test('records a change that failed as such, with nothing of why that could hold a secret', async (t) => {
  const { gate, sink } = await openAudited(t)
  await gate.call('POST', '/api/failing')
  const record = await only(sink)
  t.like(record, { event: 'data.create', outcome: 'failed', reason: 'internal_error', status: 500 })
  t.false(JSON.stringify(record).includes('secret of'))
  await gate.call('POST', '/up/broken')
  t.like((await sink.until(2))[1], { event: 'data.create', outcome: 'failed', reason: 'upstream_failed', status: 502 })
})

test('records that a handler refused, without what it told the client', async (t) => {
  const { gate, sink } = await openAudited(t)
  const reply = await gate.call('POST', '/api/refusing')
  t.is(reply.status, 403)
  t.true(reply.body.includes('secret of the handler'))
  const record = await only(sink)
  t.like(record, { event: 'access.denied', outcome: 'denied', reason: 'forbidden', cause: undefined })
  t.false(JSON.stringify(record).includes('secret of the handler'))
})

test('records what report-only guards would have refused', async (t) => {
  const { gate, sink } = await openAudited(t)
  await gate.call('GET', '/api/reported', { headers: bearer() })
  const record = await only(sink)
  t.like(record, { event: 'data.read', outcome: 'allowed', status: 200 })
  t.like((record.reported as Recorded[])[0], { guard: 'scopes', reason: 'scope_missing' })
})

test('counts repeated refusals of one caller', async (t) => {
  const { gate, sink } = await openAudited(t)
  await Promise.all(Array.from({ length: 20 }, () => gate.call('GET', '/nowhere')))
  const counted = () => sink.records.reduce((sum, { count = 1 }) => sum + Number(count), 0)
  while (counted() < 20) await sink.change()
  t.is(counted(), 20)
  t.true(sink.records.length < 20)
  t.like(sink.records[0], { reason: 'route_unknown', count: undefined })
})
