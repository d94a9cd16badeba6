import { request } from 'node:http'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { StartFault } from '../../src/core/start-fault.ts'
import { handler } from '../../src/handlers/module.ts'
import { failures } from '../fixtures/handlers/orders.ts'
import { RawClient } from '../helpers/raw.ts'
import { codeOf, type Gate, type GateOptions, having, openGate, siteOf, until } from './gate.ts'

const folder = new URL('../fixtures/handlers/', import.meta.url).pathname

const open = (t: ExecutionContext, name: string, options: GateOptions = {}): Promise<Gate> =>
  openGate(t, [handler, `./orders.ts#${name}`], { ...options, folder })

const chunked = { 'Transfer-Encoding': 'chunked' }
const principal = { id: 'u1', issuer: 'shop', scopes: [], roles: [], claims: {} }

test('answers with what the handler left in ctx', async (t) => {
  const input = { params: {}, query: {}, headers: {}, cookies: {}, body: { sku: 'AB' }, files: {} }
  const gate = await open(t, 'object', having({ principal, input, resource: { ownerId: 'u1' } }))
  const { status, headers, body } = await gate.send({ method: 'POST', headers: { 'X-Request-Id': 'r-1' } })
  t.is(status, 201)
  t.is(headers['content-type'], 'application/json; charset=utf-8')
  t.is(headers['x-own'], 'yes')
  t.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  t.is(headers['content-length'], String(body.length))
  t.deepEqual(JSON.parse(body), { sku: 'AB', by: 'u1', resource: { ownerId: 'u1' }, id: 'r-1' })
})

for (const [name, type, body] of [
  ['text', 'text/plain; charset=utf-8', 'plain'],
  ['buffer', 'application/octet-stream', 'bytes'],
  ['stream', 'text/plain; charset=utf-8', 'abc'],
  ['web', 'application/octet-stream', 'blob'],
  ['blob', 'text/x-blob; charset=utf-8', 'blob'],
  ['goesOn', 'text/plain; charset=utf-8', 'after'],
  ['oldStream', 'text/plain; charset=utf-8', 'older'],
  ['foreign', 'text/plain; charset=utf-8', 'later'],
] as const) {
  test(`sends what Koa sends: ${name}`, async (t) => {
    const answer = await (await open(t, name)).send()
    t.deepEqual([answer.status, answer.headers['content-type'], answer.body], [200, type, body])
  })
}

test('takes status and headers from a Response', async (t) => {
  const { status, headers, body } = await (await open(t, 'response')).send()
  t.deepEqual([status, headers['x-own'], headers['content-type'], body], [202, 'yes', 'application/json', '{"a":1}'])
})

test('redirects', async (t) => {
  const { status, headers } = await (await open(t, 'redirect')).send()
  t.deepEqual([status, headers.location], [302, '/there'])
})

test('answers not_found where the handler sets nothing, and an empty body where it sets a status alone', async (t) => {
  const nothing = await (await open(t, 'nothing')).send()
  t.deepEqual([nothing.status, codeOf(nothing)], [404, 'not_found'])
  const created = await (await open(t, 'created')).send()
  t.deepEqual([created.status, created.body], [201, ''])
})

test('shows the request as the guards judged it', async (t) => {
  const gate = await open(
    t,
    'seen',
    having({ path: '/normal', sanitisedQuery: 'page=1', address: '198.51.100.7', secure: true }),
  )
  const seen = JSON.parse((await gate.send({ path: '/raw?page=%201', headers: { Host: 'shop.example' } })).body)
  t.like(seen, {
    url: '/normal?page=1',
    path: '/normal',
    query: { page: '1' },
    method: 'GET',
    host: 'shop.example',
    secure: true,
    ip: '198.51.100.7',
  })
  t.deepEqual(seen.params, { rest: 'raw' })
})

test('lets a handler set secure cookies behind a proxy that ends TLS', async (t) => {
  const { status, headers } = await (await open(t, 'cookie', having({ secure: true }))).send()
  t.deepEqual([status, headers['set-cookie']], [204, ['id=1; path=/; secure; httponly']])
})

test('lets a handler read the body itself, and invites the client to send it', async (t) => {
  const gate = await open(t, 'echo')
  t.is((await gate.send({ method: 'POST', body: 'hello' })).body, 'hello')
  gate.server.on('checkContinue', (req, res) => gate.server.emit('request', req, res))
  const sending = request({
    port: gate.port,
    method: 'POST',
    headers: { Expect: '100-continue', 'Content-Length': '4' },
  })
  sending.flushHeaders()
  await new Promise((invited) => sending.once('continue', invited))
  const answered = new Promise((resolve) =>
    sending.once('response', (res) => res.once('data', (chunk) => resolve(String(chunk)))),
  )
  sending.end('body')
  t.is(await answered, 'body')
})

const bounded: GateOptions = {
  before: ({ body }) => {
    body.limit = 1000
  },
}
const upload = (size: number, whole = true): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${'a'.repeat(size)}\r\n${whole ? '0\r\n\r\n' : ''}`

for (const name of ['echo', 'notesFailure', 'hearsData']) {
  for (const whole of [true, false]) {
    test(`answers 413 where ${whole ? 'a' : 'an endless'} body grows beyond the limit, however it is read: ${name}`, async (t) => {
      const gate = await open(t, name, bounded)
      const client = await RawClient.connect(gate.port)
      client.send(upload(900, false)).send('64\r\n')
      const { status, headers, body } = await client
        .send(`${'b'.repeat(100)}\r\n1\r\nc\r\n${whole ? '0\r\n\r\n' : ''}`)
        .answer()
      t.deepEqual([status, JSON.parse(body).code, headers.get('connection')], [413, 'body_too_large', 'close'])
      t.is(await client.rest(), '')
      t.is(gate.outcomes.length, 1)
    })
  }
}

test('reads a body that is just as long as the limit', async (t) => {
  const gate = await open(t, 'echo', bounded)
  const client = await RawClient.connect(gate.port)
  for (const _ of [1, 2]) t.is((await client.send(upload(1000)).answer()).body.length, 1000)
  client.socket.destroy()
})

test('lets no handler take a body that was cut for whole', async (t) => {
  const before = failures.length
  const gate = await open(t, 'notesFailure', bounded)
  t.is((await gate.send({ method: 'POST', headers: chunked, body: 'a'.repeat(500_000) })).status, 413)
  await until(() => failures.length > before)
  t.true(failures.slice(before).every((failure) => failure instanceof Error))
})

test('refuses a body that is too long and already here, or announced, before the handler is called', async (t) => {
  const late = await open(t, 'answersUnread', {
    before: async ({ body, ctx }) => {
      body.limit = 1000
      await until(() => ctx.req.readableLength > 1000)
    },
  })
  t.is((await late.send({ method: 'POST', headers: chunked, body: 'a'.repeat(1001) })).status, 413)
  const announced = await open(t, 'answersUnread', bounded)
  t.is((await announced.send({ method: 'POST', body: 'a'.repeat(1001) })).status, 413)
  t.is((await announced.send({ method: 'POST', body: 'a'.repeat(1000) })).body, 'unread')
})

test('leaves the answer of a handler that does not read alone', async (t) => {
  const gate = await open(t, 'answersUnread', bounded)
  for (const size of [1000, 1001, 200_000]) {
    t.is((await gate.send({ method: 'POST', headers: chunked, body: 'a'.repeat(size) })).body, 'unread')
  }
})

test('answers a thrown denial, without the headers that were set before', async (t) => {
  const answer = await (await open(t, 'denies')).send()
  t.deepEqual([answer.status, codeOf(answer), JSON.parse(answer.body).message], [403, 'forbidden', 'Not on Sundays'])
  t.is(answer.headers['x-left'], undefined)
})

test('answers ctx.throw in the form of the catalogue where it has the status, else as Koa does', async (t) => {
  const absent = await (await open(t, 'throwsNotFound')).send()
  t.deepEqual([absent.status, codeOf(absent), JSON.parse(absent.body).message], [404, 'not_found', 'no such order'])
  const conflict = await (await open(t, 'throwsConflict')).send()
  t.deepEqual([conflict.status, conflict.headers['x-why'], conflict.body], [409, 'twice', 'already there'])
})

for (const name of ['breaks', 'breaksAtOnce', 'foreignFails', 'throwsServerError', 'badHeader']) {
  test(`answers a bland 500 where the handler fails: ${name}`, async (t) => {
    const gate = await open(t, name)
    const answer = await gate.send()
    t.deepEqual([answer.status, codeOf(answer)], [500, 'internal_error'])
    t.false(JSON.stringify(answer).includes('hunter2'))
    t.is(answer.headers['x-left'], undefined)
    t.true(gate.logged.length > 0)
  })
}

test('outlives a body that fails before it is sent', async (t) => {
  const gate = await open(t, 'absentFile')
  await t.throwsAsync(gate.send())
  t.is(gate.outcomes.length, 1)
})

test('outlives a stream of the old kind that fails', async (t) => {
  const gate = await open(t, 'oldStreamFails')
  await t.throwsAsync(gate.send())
  t.is(gate.outcomes.length, 1)
})

for (const name of ['writesItself', 'endsItself', 'writesAndAnswers', 'flushes', 'pipesItself', 'writesAndDenies']) {
  test(`lets nothing out that the handler writes on the response itself: ${name}`, async (t) => {
    const gate = await open(t, name, having({ timeout: { head: 100, idle: 1000 } }))
    const answer = await gate.send()
    t.deepEqual([answer.status, codeOf(answer)], [500, 'internal_error'])
    t.true(String(gate.logged.map((entry) => Object(entry).err)).includes('answer through `ctx.body`'))
    t.is((await gate.send()).status, 500)
  })
}

test('says the standard reason of its status, whatever the handler wrote', async (t) => {
  for (const [name, reason] of [
    ['createdThenForbidden', 'Forbidden'],
    ['createdThenLate', 'Gateway Timeout'],
    ['ownReason', 'OK'],
  ] as const) {
    const gate = await open(t, name, having({ timeout: { head: 20, idle: 1000 } }))
    t.is((await gate.send()).reason, reason)
  }
})

test('says at start-up why a module cannot be used', async (t) => {
  for (const reference of ['./orders.ts#notAFunction', './orders.ts#absent', './absent.ts#list', './broken.ts#list']) {
    await t.throwsAsync(openGate(t, [handler, reference], { folder }), { instanceOf: StartFault }, reference)
  }
})

test('reports a module that is not there, unless its name is filled in later', (t) => {
  const check = (reference: string) => handler.check?.(reference, siteOf({ folder })) ?? []
  t.deepEqual(check('./orders.ts#text'), [])
  t.deepEqual(check('./${env:FILE}.ts#text'), [])
  t.is(check('./absent.ts#text')[0]?.rule, 'handler/no-module')
})
