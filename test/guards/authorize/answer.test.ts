/** Answers that `authorize` cuts to what roles may read: a whole gate, and an upstream of node:http behind it. */

import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import jwt from 'jsonwebtoken'
import type { Exchange } from '../../../src/core/exchange.ts'
import type { Outcome } from '../../../src/core/observer.ts'
import { BodyFault, readText } from '../../../src/guards/authorize/answer/read-body.ts'
import { describeDecision } from '../../../src/library/describe-decision.ts'
import type { DecisionEvent } from '../../../src/library/events.ts'
import { auditObserver } from '../../../src/services/audit/observe.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { type Recorded, sunk } from '../../helpers/audit-sink.ts'
import { openGate } from '../../helpers/gate.ts'

const secret = 'b7a1c1c0f6f34f5e8a07d7a0f1c9d2e4b7a1c1c0f6f34f5e'
process.env.ANSWER_SECRET = secret

const policy = (upstream: string) => `service: shop
upstream: ${upstream}
issuers:
  shop: { issuer: https://login.example/, audience: api, algorithms: [HS256], secret: '\${env:ANSWER_SECRET}' }
roles:
  customer:
    - { can: [read, create], subject: Order, when: { ownerId: '\${user.id}' } }
    - { cannot: read, subject: Order, fields: [margin, customer.ssn] }
  support:
    - { can: [read, create], subject: Order, fields: [id, status, customer.email, lines.sku] }
  auditor:
    - { can: read, subject: Order }
    - { cannot: read, subject: Order, when: { sealed: true } }
  wild:
    - { can: read, subject: Order, fields: ['c*', 'n.**'] }
    - { cannot: read, subject: Order, fields: ['*secret*'] }
  sharded: [{ can: read, subject: Order, when: { shard: { $gt: 5 } } }]
  outsider:
    - { can: read, subject: Invoice, fields: [id] }
defaults: { authenticate: jwt }
routes:
  GET /orders: { authorize: { action: read, subject: Order, answer: /items }, input: { query: any } }
  GET /list: { authorize: { action: read, subject: Order, answer: true }, input: { query: any } }
  GET /orders/:id: { authorize: { action: read, subject: Order, answer: true } }
  GET /hidden/:id: { authorize: { action: read, subject: Order, answer: true, hide: true } }
  GET /small: { authorize: { action: read, subject: Order, answer: { maxBytes: 100b } } }
  POST /orders: { authorize: { action: create, subject: Order, answer: { action: read } }, input: { body: any } }
  GET /reported: { reportOnly: [authorize], because: a trial, authorize: { action: read, subject: Order, answer: true } }
`

interface Said {
  readonly status?: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

/** A gate before an upstream that answers whatever stands in `said`; records what it was asked. */
async function open(t: ExecutionContext, said: Said = {}) {
  const asked: IncomingHttpHeaders[] = []
  let answer = said
  const upstream = createServer((req, res) => {
    asked.push(req.headers)
    const { status = 200, headers = { 'Content-Type': 'application/json' }, body } = answer
    res.writeHead(status, headers).end(body)
  })
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    upstream.closeAllConnections()
    upstream.close()
  })
  const { trail, sink } = sunk()
  const told: DecisionEvent[] = []
  const watch = {
    finished: (exchange: Exchange, outcome: Outcome) => void told.push(describeDecision(exchange, outcome)),
  }
  const logged: object[] = []
  const note = (entry: object) => void logged.push(entry)
  const log = { info: note, warn: note, error: note, debug: note }
  const gate = await openGate(
    { 'shop.yaml': policy(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`) },
    {
      world: { log: log as never, audit: trail },
      observers: [auditObserver({ audit: trail, clock: systemClock }), watch],
    },
  )
  t.teardown(gate.close)
  const get = (role: string, path: string, { method = 'GET', ...headers }: Record<string, string> = {}) =>
    gate.call(method, path, { headers: { ...bearer(role), ...headers }, ...(method === 'POST' && { body: '{}' }) })
  const say = (next: Said) => {
    answer = next
  }
  return { gate, get, asked, logged, say, sink, told }
}

const bearer = (role: string) => ({
  authorization: `Bearer ${jwt.sign({ sub: 'anna', roles: [role] }, secret, {
    issuer: 'https://login.example/',
    audience: 'api',
    expiresIn: 60,
  })}`,
})

const order =
  '{ "id":1e2 , "status":"new","ownerId":"anna","margin":12.50,"customer":{"email":"a@b","ssn":"1"},"lines":[{"sku":"A","cost":1},{"cost":2}], "total": 123456789012345678901234567890.10 }'

test('cuts a document to the fields that a role names, byte for byte', async (t) => {
  const { get } = await open(t, { body: order })
  t.is(
    (await get('support', '/orders/1')).body,
    '{"id":1e2,"status":"new","customer":{"email":"a@b"},"lines":[{"sku":"A"}]}',
  )
})

test('leaves out what a role forbids, and keeps numbers that JavaScript cannot hold', async (t) => {
  const { get } = await open(t, { body: order })
  const { body } = await get('customer', '/orders/1')
  t.is(
    body,
    '{"id":1e2,"status":"new","ownerId":"anna","customer":{"email":"a@b"},"lines":[{"sku":"A","cost":1},{"cost":2}],"total": 123456789012345678901234567890.10}',
  )
})

test('what may be read whole goes on as it came', async (t) => {
  const whole = ` ${order.replace('"total"', '"sealed":false,"total"')}\n`
  const { get } = await open(t, { body: whole })
  const answer = await get('auditor', '/orders/1')
  t.is(answer.body, whole)
  t.is(answer.headers['content-length'], String(whole.length))
})

test('a document that may not be read is refused, or hidden', async (t) => {
  const { get } = await open(t, { body: order.replace('anna', 'bob') })
  t.like(JSON.parse((await get('customer', '/orders/1')).body), { code: 'forbidden' })
  t.like(JSON.parse((await get('customer', '/hidden/1')).body), { code: 'not_found' })
  t.is((await get('outsider', '/orders/1')).status, 403)
})

test('of a list, what may not be read is left out; what stands around it passes', async (t) => {
  const items =
    '[{"id":1,"ownerId":"anna"},{"id":2,"ownerId":"bob"},{"id":3},null,{"id":4,"margin":9,"ownerId":"anna"},{}]'
  const { get, say } = await open(t, { body: `{"total":6, "items" : ${items} ,"next":null}` })
  const left = '[{"id":1,"ownerId":"anna"},null,{"id":4,"ownerId":"anna"}]'
  t.is((await get('customer', '/orders')).body, `{"total":6, "items" : ${left} ,"next":null}`)
  say({ body: items })
  t.is((await get('customer', '/list')).body, left)
  say({ body: '[]' })
  t.is((await get('customer', '/list')).body, '[]')
})

test('a missing attribute never allows, and always forbids', async (t) => {
  const { get, say } = await open(t, {
    body: '[{"id":1,"sealed":false},{"id":2},{"id":3,"sealed":true},{"id":4,"sealed":"no"}]',
  })
  t.is((await get('auditor', '/list')).body, '[{"id":1,"sealed":false}]')
  say({ body: '[{"id":1,"ownerId":["anna","bob"]},{"id":2,"ownerId":{"x":"anna"}},{"__proto__":{"ownerId":"anna"}}]' })
  t.is((await get('customer', '/list')).body, '[{"id":1,"ownerId":["anna","bob"]}]')
})

test('numbers that JavaScript cannot hold are compared with none', async (t) => {
  const { get } = await open(t, { body: '[{"shard":9007199254740993},{"shard":6},{"shard":1e999}]' })
  t.is((await get('sharded', '/list')).body, '[{"shard":6}]')
})

test('no more than the bound is read of an answer without end', async (t) => {
  let read = 0
  const endless = Readable.from(
    (function* () {
      for (; read < 1_000_000; read += 100) yield Buffer.alloc(100)
    })(),
  )
  const exchange = { defer: () => undefined } as unknown as Exchange
  await t.throwsAsync(readText(exchange, { status: 200, headers: [], body: endless }, 1_000), { instanceOf: BodyFault })
  t.true(read < 10_000)
  t.true(endless.destroyed)
})

test('patterns name fields, and no name can be taken for another path', async (t) => {
  const { get, say } = await open(t, {
    body: '{"cat":1,"cost":2,"dog":3,"n":{"a":{"b":1},"secret":2},"c.secret":4,"c\\nsecret":5}',
  })
  t.is((await get('wild', '/orders/1')).body, '{"cat":1,"cost":2,"n":{"a":{"b":1},"secret":2}}')
  say({ body: '{"id":1,"customer.email":"x","customer":{"email.x":1},"lines.sku":2,"lines":{"sku":3}}' })
  t.is((await get('support', '/orders/1')).body, '{"id":1,"lines":{"sku":3}}')
  say({
    body: '{"ownerId":"anna","customer.ssn":"x","m\\u0061rgin":9,"__proto__":{"a":1},"constructor":2,"(whole)":3,"customer":{"a.ssn":1}}',
  })
  t.is(
    (await get('customer', '/orders/1')).body,
    '{"ownerId":"anna","__proto__":{"a":1},"constructor":2,"customer":{"a.ssn":1}}',
  )
})

test('names that patterns would labour over are left out, in little time', async (t) => {
  const name = 'c'.repeat(300_000)
  const { get, say } = await open(t, { body: `{"${name}":1,"cat":2}` })
  t.is((await get('wild', '/orders/1')).body, '{"cat":2}')
  t.is((await get('customer', '/list')).status, 403)
  say({ body: `[{"ownerId":"anna","${name}":1}]` })
  t.is((await get('customer', '/list')).body, '[{"ownerId":"anna"}]')
})

/** Answers that cannot be cut. */
const json = { 'Content-Type': 'application/json' }
const uncut: readonly (readonly [what: string, said: Said])[] = [
  ['no JSON', { body: 'id=1' }],
  ['JSON with a key twice', { body: '{"id":1,"id":2}' }],
  ['JSON with a key twice, once with an escape', { body: '{"id":1,"i\\u0064":2}' }],
  ['JSON that is cut off', { body: '{"id":1' }],
  ['two documents', { body: '{"id":1}{"id":2}' }],
  ['a byte order mark', { body: '\ufeff{"id":1}' }],
  ['bytes that are no UTF-8', { body: Buffer.from('{"id":"\xff"}', 'latin1') }],
  ['JSON nested too deep', { body: `{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }],
  ['a text', { body: '"a"' }],
  ['a list of texts', { body: '["a"]' }],
  ['HTML', { headers: { 'Content-Type': 'text/html' }, body: '{"id":1}' }],
  ['no media type', { headers: {}, body: '{"id":1}' }],
  ['lines of JSON', { headers: { 'Content-Type': 'application/x-ndjson' }, body: '{"id":1}' }],
  ['a stream of events', { headers: { 'Content-Type': 'text/event-stream' }, body: 'data: {"id":1}\n\n' }],
  ['a sequence of JSON', { headers: { 'Content-Type': 'application/json-seq' }, body: '{"id":1}' }],
  ['two media types', { headers: { 'Content-Type': ['application/json', 'text/html'] as never }, body: '{"id":1}' }],
  ['another charset', { headers: { 'Content-Type': 'application/json; charset=utf-16' }, body: '{"id":1}' }],
  ['a content coding', { headers: { ...json, 'Content-Encoding': 'gzip' }, body: gzipSync('{"id":1}') }],
  ['a part', { status: 206, headers: { ...json, 'Content-Range': 'bytes 0-7/9' }, body: '{"id":1}' }],
  ['a document of more than the bound', { body: `{"id":"${'x'.repeat(1_048_576)}"}` }],
]
for (const [what, said] of uncut) {
  test(`refuses to pass on ${what}`, async (t) => {
    const { get } = await open(t, said)
    const { status, body } = await get('auditor', '/orders/1')
    t.is(status, 502)
    t.like(JSON.parse(body), { code: 'upstream_failed' })
  })
}

test('the bound is that of the policy', async (t) => {
  const { get, say } = await open(t, { body: `{"id":"${'x'.repeat(91)}"}` })
  t.is((await get('support', '/small')).status, 200)
  say({ body: `{"id":"${'x'.repeat(92)}"}` })
  t.is((await get('support', '/small')).status, 502)
})

test('a pointer that leads nowhere is refused', async (t) => {
  const { get, say } = await open(t)
  for (const body of ['{}', '{"item":[]}', '[]', '{"items":1}', 'null']) {
    say({ body })
    t.is((await get('auditor', '/orders')).status, 502, body)
  }
})

test('an upstream that breaks off in its answer is 502', async (t) => {
  const { get, say } = await open(t)
  say({ headers: { ...json, 'Content-Length': 100 }, body: '{"id":1}' })
  t.is((await get('auditor', '/orders/1')).status, 502)
})

test('the upstream is asked for the whole, as it is', async (t) => {
  const { get, asked } = await open(t, { body: order })
  const sent = {
    'accept-encoding': 'gzip, br',
    range: 'bytes=0-1',
    'if-range': '"a"',
    'if-none-match': '"a"',
    'if-modified-since': 'x',
  }
  await get('auditor', '/orders/1', sent)
  await get('auditor', '/orders/1', { ...sent, method: 'HEAD' })
  for (const headers of asked) {
    t.is(headers['accept-encoding'], 'identity')
    for (const name of ['range', 'if-range', 'if-none-match', 'if-modified-since']) t.is(headers[name], undefined, name)
  }
  t.is(asked.length, 2)
})

test('what tells of the whole is left out of the head', async (t) => {
  const whole = {
    ETag: '"a"',
    Digest: 'a',
    'Content-MD5': 'a',
    'Repr-Digest': 'a',
    'Accept-Ranges': 'bytes',
    'X-Own': '1',
  }
  const { get, say } = await open(t, { headers: { ...json, ...whole }, body: order })
  const names = ['etag', 'digest', 'content-md5', 'repr-digest', 'accept-ranges']
  for (const method of ['GET', 'HEAD']) {
    const { headers, status } = await get('support', '/orders/1', { method })
    t.is(status, 200)
    for (const name of names) t.is(headers[name], undefined, `${method} ${name}`)
    t.is(headers['x-own'], '1')
    t.is(headers['content-length'], method === 'GET' ? '74' : undefined)
  }
  say({ status: 304, headers: { ETag: '"a"' } })
  t.is((await get('support', '/orders/1')).status, 304)
})

test('errors and redirects go on without what they may hold, but for a problem', async (t) => {
  const { get, say } = await open(t, { status: 409, headers: { ...json, ETag: '"a"' }, body: order })
  const error = await get('auditor', '/orders/1')
  t.is(error.status, 409)
  t.is(error.body, '')
  t.is(error.headers['content-type'], undefined)
  say({ status: 302, headers: { Location: '/x', 'Content-Type': 'text/html' }, body: order })
  t.like(await get('auditor', '/orders/1'), { status: 302, body: '' })
  const problem = { 'Content-Type': 'application/problem+json; charset=utf-8' }
  say({ status: 422, headers: problem, body: '{"title":"no"}' })
  t.like(await get('auditor', '/orders/1'), { status: 422, body: '{"title":"no"}' })
})

test('what is done is answered, without a document that may not be read', async (t) => {
  const { get, say } = await open(t, {
    status: 201,
    headers: { ...json, Location: '/orders/9' },
    body: order.replace('anna', 'bob'),
  })
  const answer = await get('customer', '/orders', { method: 'POST' })
  t.like(answer, { status: 201, body: '' })
  t.is(answer.headers.location, '/orders/9')
  say({ status: 201, body: order })
  t.regex((await get('support', '/orders', { method: 'POST' })).body, /^\{"id":1e2,"status":"new",/)
  say({ status: 204, headers: {} })
  t.is((await get('support', '/orders', { method: 'POST' })).status, 204)
})

test('under `reportOnly` answers go out whole', async (t) => {
  const { get } = await open(t, { body: order })
  t.is((await get('outsider', '/reported')).body, order)
})

test('large answers of many documents are cut within the bound', async (t) => {
  const items = Array.from({ length: 4_000 }, (_, id) => ({
    id,
    status: 's',
    ownerId: id % 2 ? 'anna' : 'bob',
    margin: 1,
    customer: { email: 'e', ssn: 'n' },
  }))
  const { get } = await open(t, { body: JSON.stringify(items) })
  const left = items
    .filter(({ id }) => id % 2)
    .map(({ margin: _, customer: { email }, ...rest }) => ({ ...rest, customer: { email } }))
  t.deepEqual(JSON.parse((await get('customer', '/list')).body), left)
  t.is(JSON.parse((await get('support', '/list')).body).length, 4_000)
})

test('callers at the same time are each cut by their own roles', async (t) => {
  const { get } = await open(t, { body: `[${order},${order.replace('anna', 'bob')}]` })
  const roles = Array.from({ length: 60 }, (_, at) => ['customer', 'support'][at % 2] ?? '')
  const bodies = await Promise.all(roles.map(async (role) => (await get(role, '/list')).body))
  for (const [at, body] of bodies.entries()) t.is(JSON.parse(body).length, roles[at] === 'customer' ? 1 : 2)
})

test('the record and the listeners are told how much was left out, and by whom a document was refused', async (t) => {
  const { get, say, sink, told } = await open(t, { status: 201, body: order })
  await get('support', '/orders', { method: 'POST' })
  const [record] = await sink.until(1)
  t.like(record, { event: 'data.create', outcome: 'allowed', withheld: { fields: 6, items: 0 } })
  t.deepEqual(told[0]?.withheld, { fields: 6, items: 0 })
  say({ body: order.replace('anna', 'bob') })
  await get('customer', '/orders/1')
  const isDenied = ({ outcome }: Recorded) => outcome === 'denied'
  while (!sink.records.some(isDenied)) await sink.change()
  const refused = sink.records.find(isDenied)
  t.like(refused, {
    event: 'access.denied',
    outcome: 'denied',
    guard: 'authorize',
    reason: 'forbidden',
  })
  t.regex(String(refused?.source), /shop\.yaml:\d+$/)
  await get('customer', '/list')
  t.deepEqual(told.at(-1)?.withheld, { fields: 0, items: 1 })
})
