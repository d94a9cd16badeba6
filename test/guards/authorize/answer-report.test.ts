/** `authorize.answer` under `reportOnly`: answers go out as they came, and what would have been cut is told. */

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { Exchange } from '../../../src/core/exchange.ts'
import type { Outcome } from '../../../src/core/observer.ts'
import { describeDecision } from '../../../src/library/describe-decision.ts'
import type { DecisionEvent } from '../../../src/library/events.ts'
import { accessLog } from '../../../src/server/access-log.ts'
import { auditObserver } from '../../../src/services/audit/observe.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { readDevKey } from '../../../src/services/keys/dev-key.ts'
import { signToken } from '../../../src/services/keys/signing-key.ts'
import { Metrics, metricsObserver } from '../../../src/services/metrics.ts'
import { sunk } from '../../helpers/audit-sink.ts'
import { openGate } from '../../helpers/gate.ts'

const policy = (upstream: string) => `service: shop
upstream: ${upstream}
issuers: { shop: { builtin: true, audience: api } }
roles:
  support: [{ can: [read, create], subject: Order, fields: [id, status] }]
  customer: [{ can: read, subject: Order, when: { ownerId: '\${user.id}' } }]
  outsider: [{ can: read, subject: Invoice }]
defaults: { authenticate: jwt }
routes:
  GET /orders/:id: { because: a trial, reportOnly: [authorize], authorize: { action: read, subject: Order, answer: { maxBytes: 2kb } } }
  GET /hidden: { because: a trial, reportOnly: [authorize], authorize: { action: read, subject: Order, answer: true, hide: true } }
  GET /list: { because: a trial, reportOnly: [authorize], authorize: { action: read, subject: Order, answer: /items } }
  POST /orders: { because: a trial, reportOnly: [authorize], authorize: { action: create, subject: Order, answer: { action: read } }, input: { body: any } }
`

const order = '{ "id": 1, "status": "new", "ownerId": "anna", "margin": 12.50 }'

type Respond = (res: ServerResponse, asked: IncomingHttpHeaders) => void

async function open(t: ExecutionContext, respond: Respond) {
  const upstream = createServer((req, res) => respond(res, req.headers))
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening))
  const { trail, sink } = sunk()
  const told: DecisionEvent[] = []
  const logged: { readonly level: string; readonly entry: Record<string, unknown> }[] = []
  const note = (level: string) => (entry: Record<string, unknown>) => void logged.push({ level, entry })
  const log = { info: note('info'), warn: note('warn'), error: note('error'), debug: note('debug') }
  const watching = Promise.withResolvers<void>()
  let finished = watching
  const watch = {
    finished: (exchange: Exchange, outcome: Outcome) => {
      told.push(describeDecision(exchange, outcome))
      finished.resolve()
      finished = Promise.withResolvers()
    },
  }
  const metrics = new Metrics()
  const gate = await openGate(
    { 'shop.yaml': policy(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`) },
    {
      world: { audit: trail },
      observers: [
        auditObserver({ audit: trail, clock: systemClock }),
        accessLog({ ...log, isLevelEnabled: () => true } as never),
        metricsObserver(metrics),
        watch,
      ],
    },
  )
  t.teardown(async () => {
    await gate.close()
    upstream.closeAllConnections()
    upstream.close()
  })
  const of = new Map(
    await Promise.all(['support', 'customer', 'outsider'].map(async (role) => [role, await headersFor(role)] as const)),
  )
  const headersOf = (role: string) => of.get(role) ?? {}
  /** The answer, and what became of the request. */
  const ask = async (role: string, path: string, more: Record<string, string> = {}) => {
    const done = finished.promise
    const method = path === '/orders' ? 'POST' : 'GET'
    const headers = { ...headersOf(role), ...more }
    const answer = await gate.call(method, path, { headers, ...(method === 'POST' && { body: '{}' }) })
    await done
    const [decision, line] = [told.at(-1) as DecisionEvent, logged.at(-1)]
    return { answer, decision, line }
  }
  const nextFinished = () => finished.promise
  return { gate, ask, headersOf, nextFinished, sink, metrics, told, logged }
}

async function headersFor(role: string) {
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iss: 'urn:portcullis:shop', sub: 'anna', aud: 'api', iat: now, exp: now + 600, roles: [role] }
  return { authorization: `Bearer ${signToken(claims, await readDevKey())}` }
}

const json: Respond = (res) => void res.writeHead(200, { 'Content-Type': 'application/json', ETag: '"1"' }).end(order)

test('the answer goes out as it came; log, listeners and metrics say what would have been left out', async (t) => {
  const { ask, metrics } = await open(t, json)
  const { answer, decision, line } = await ask('support', '/orders/1')
  t.is(answer.body, order)
  t.like(answer.headers, { etag: '"1"', 'content-length': String(order.length) })
  t.deepEqual(decision.withheld, { fields: 2, items: 0, reportOnly: true })
  t.deepEqual(decision.reported, [])
  t.like(line, { level: 'info', entry: { withheld: { fields: 2, items: 0, reportOnly: true } } })
  const { text } = await metrics.expose()
  t.regex(
    text,
    /portcullis_withheld_total\{route="GET \/orders\/:id",service="shop",mode="reportOnly",part="field"\} 2\n/,
  )
  t.regex(text, /route="GET \/orders\/:id",service="shop",guard="authorize",mode="reportOnly",outcome="deny"\} 0\n/)
})

test('what would have been refused is reported as such, once', async (t) => {
  const { ask, metrics, sink } = await open(t, (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(order.replace('anna', 'bob'))
  })
  const one = await ask('customer', '/orders/1')
  t.is(one.answer.status, 200)
  t.like(one.decision, { reported: [{ guard: 'authorize', code: 'forbidden' }], code: undefined })
  t.regex(String(one.decision.reported[0]?.policy), /shop\.yaml:\d+$/)
  t.deepEqual(one.decision.withheld, { fields: 0, items: 1, reportOnly: true })
  t.like((await ask('customer', '/hidden')).decision, { reported: [{ guard: 'authorize', code: 'not_found' }] })
  const outside = await ask('outsider', '/hidden')
  t.is(outside.decision.reported.length, 1)
  t.is(outside.decision.withheld, undefined)
  const { text } = await metrics.expose()
  t.regex(
    text,
    /route="GET \/hidden",.*guard="authorize",mode="reportOnly",outcome="allow"\} 0\n.*outcome="deny"\} 2\n/,
  )
  const [record] = await sink.until(1)
  t.like(record, { outcome: 'allowed', withheld: { items: 1, reportOnly: true } })
  t.like(record?.reported, [{ guard: 'authorize', reason: 'forbidden' }])
})

test('what could not be cut is reported, and goes out whole', async (t) => {
  let body = order
  let type = 'application/json'
  const { ask } = await open(t, (res) => void res.writeHead(200, { 'Content-Type': type }).end(body))
  const trials = [
    ['text/csv', 'id;margin'],
    ['application/json', '{"id":1,"id":2}'],
    ['application/json', `{"id":1,"note":"${'x'.repeat(3_000)}"}`],
    ['application/json', '"a text"'],
    ['application/json; charset=utf-16', order],
  ]
  for (const [nextType = '', nextBody = ''] of trials) {
    ;[type, body] = [nextType, nextBody]
    const { answer, decision } = await ask('support', '/orders/1')
    t.is(answer.body, body)
    t.is(answer.status, 200)
    t.like(decision, { reported: [{ guard: 'authorize', code: 'upstream_failed' }] }, type)
  }
  ;[type, body] = ['text/plain', '']
  t.deepEqual((await ask('support', '/orders/1')).decision.reported, [])
})

test('a coding that the client asked for stands, and what is in it is judged', async (t) => {
  const coders = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync }
  const { ask } = await open(t, (res, asked) => {
    const coding = String(asked['accept-encoding'])
    const coded = coders[coding as keyof typeof coders]?.(order) ?? Buffer.from(order)
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': coding }).end(coded)
  })
  for (const coding of Object.keys(coders)) {
    const { answer, decision } = await ask('support', '/orders/1', { 'accept-encoding': coding })
    t.is(answer.headers['content-encoding'], coding)
    t.deepEqual(decision.withheld, { fields: 2, items: 0, reportOnly: true }, coding)
  }
  const { decision } = await ask('support', '/orders/1', { 'accept-encoding': 'compress' })
  t.deepEqual([decision.withheld, decision.reported], [undefined, []])
})

test('a small body that unfolds to a large one is read no further than the bound', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
  const { ask } = await open(t, (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }).end(bomb.subarray(0, 1_900))
  })
  const { decision } = await ask('support', '/orders/1', { 'accept-encoding': 'gzip' })
  t.like(decision, { reported: [{ code: 'upstream_failed' }] })
})

test('conditions of a cache and parts go through, and say nothing', async (t) => {
  const { ask } = await open(t, (res, asked) => {
    if (asked['if-none-match'] === '"1"') return void res.writeHead(304, { ETag: '"1"' }).end()
    const range = { 'Content-Type': 'application/json', 'Content-Range': `bytes 0-9/${order.length}` }
    if (asked.range) return void res.writeHead(206, range).end(order.slice(0, 10))
    res.writeHead(500, { 'Content-Type': 'application/json' }).end(order)
  })
  for (const [name, value, status] of [
    ['if-none-match', '"1"', 304],
    ['range', 'bytes=0-9', 206],
    ['x-nothing', '1', 500],
  ] as const) {
    const { answer, decision } = await ask('support', '/orders/1', { [name]: value })
    t.is(answer.status, status)
    t.deepEqual([decision.withheld, decision.reported], [undefined, []], name)
  }
})

test('lists, and methods that change something, are told of as they would be cut', async (t) => {
  const { ask } = await open(t, (res) => {
    res
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(`{"items":[${order},${order.replace('anna', 'bob')}],"id":2}`)
  })
  t.deepEqual((await ask('customer', '/list')).decision.withheld, { fields: 0, items: 1, reportOnly: true })
  const posted = await ask('support', '/orders')
  t.deepEqual(posted.decision.withheld, { fields: 9, items: 0, reportOnly: true })
  t.deepEqual(posted.decision.reported, [])
})

test('bytes go out as they come, not when the whole is there', async (t) => {
  const begun = Promise.withResolvers<ServerResponse>()
  const { gate, headersOf, nextFinished, told } = await open(t, (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).write(order.slice(0, 20))
    begun.resolve(res)
  })
  const done = nextFinished()
  const asking = request(`${gate.url}/orders/1`, { headers: headersOf('support'), agent: false }).end()
  const [answer] = await once(asking, 'response')
  const [first] = await once(answer, 'data')
  t.is(String(first), order.slice(0, 20))
  ;(await begun.promise).end(order.slice(20))
  let rest = ''
  for await (const chunk of answer) rest += chunk
  t.is(rest, order.slice(20))
  await done
  t.deepEqual(told.at(-1)?.withheld, { fields: 2, items: 0, reportOnly: true })
})

test('an answer that breaks off, and a client that goes away, end on both sides', async (t) => {
  const begun: ServerResponse[] = []
  const { gate, headersOf, nextFinished, told } = await open(t, (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).write(order.slice(0, 20))
    begun.push(res)
  })
  const start = async () => {
    const asking = request(`${gate.url}/orders/1`, { headers: headersOf('support'), agent: false }).end()
    const [answer] = await once(asking, 'response')
    await once(answer, 'data')
    return { asking, answer }
  }
  const broken = await start()
  const [first] = [nextFinished(), begun[0]?.destroy()]
  await t.throwsAsync(once(broken.answer, 'end'), { message: 'aborted' })
  await first
  const left = await start()
  const gone = once(begun[1] as ServerResponse, 'close')
  const second = nextFinished()
  left.asking.destroy()
  await Promise.all([gone, second])
  t.deepEqual(
    told.map(({ aborted, withheld }) => ({ aborted, withheld })),
    [
      { aborted: true, withheld: undefined },
      { aborted: true, withheld: undefined },
    ],
  )
})

test('a body of a handler that yields other than bytes ends its answer, and nothing else', async (t) => {
  const handlers = `
import { Readable } from 'node:stream'
const send = (ctx, chunks) => {
  ctx.type = 'application/json'
  ctx.body = new Readable({ objectMode: true, read() { setTimeout(() => this.push(chunks.shift() ?? null), 5) } })
}
export const odd = (ctx) => send(ctx, [{ id: 1 }, 7])
export const texts = (ctx) => send(ctx, ['{"id":1,', '"note":"\u00e4"}'])
`
  const text = `
issuers: { shop: { builtin: true, audience: api } }
roles: { support: [{ can: read, subject: Order, fields: [id] }] }
defaults: { authenticate: jwt, authorize: { action: read, subject: Order, answer: true } }
routes:
  GET /odd: { because: a trial, reportOnly: [authorize], handler: ./shop.ts#odd }
  GET /texts: { because: a trial, reportOnly: [authorize], handler: ./shop.ts#texts }
`
  const told: DecisionEvent[] = []
  const watch = {
    finished: (exchange: Exchange, outcome: Outcome) => void told.push(describeDecision(exchange, outcome)),
  }
  const log = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} }
  const gate = await openGate(
    { 'shop.yaml': text, 'shop.ts': handlers },
    { world: { log: log as never }, observers: [watch] },
  )
  t.teardown(gate.close)
  const headers = await headersFor('support')
  await t.throwsAsync(gate.call('GET', '/odd', { headers }))
  t.is((await gate.call('GET', '/texts', { headers })).body, '{"id":1,"note":"ä"}')
  t.deepEqual(told.at(-1)?.withheld, { fields: 1, items: 0, reportOnly: true })
})
