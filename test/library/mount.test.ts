import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { request } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import test from 'ava'
import type { Context } from 'koa'
import { deny } from '../../src/index.ts'
import { codeOf, openUpstream, until } from '../handlers/gate.ts'
import { RawClient } from '../helpers/raw.ts'
import { openApp, openToAll } from './app.ts'

const hello = (ctx: Context) => {
  ctx.body = 'hello'
}

const guarded = `
defaults:
  authenticate: public
  headers: api
  cors: { origins: ['https://shop.example'], credentials: true }
routes:
  ANY /open/*rest:
    handler: next
    rateLimit: [{ by: ip, limit: 100, per: 1m }]
  GET /denied:
    authenticate: public
    network: [192.0.2.0/24]
    handler: next
  GET /fixed:
    reply: { status: 201, headers: { X-Own: 'yes' }, body: { fixed: true } }
  GET /empty:
    reply: { status: 200 }
  GET /gone:
    reply: { status: 204 }
`
const origin = { Origin: 'https://shop.example' }

test('lets on what a `next` route allows, with the head of the gate on the answer of the app', async (t) => {
  const { send } = await openApp(t, { policies: guarded, behind: [hello] })
  const { status, headers, body } = await send({ path: '/open/a', headers: origin })
  t.deepEqual([status, body, headers['content-length']], [200, 'hello', '5'])
  t.is(headers['x-content-type-options'], 'nosniff')
  t.is(headers['access-control-allow-origin'], 'https://shop.example')
  t.is(headers['x-ratelimit-limit'], '100')
  t.is(headers.vary, 'Origin')
  t.truthy(headers['x-request-id'])
})

test('answers itself where no policy names the path, a guard refuses, or the destination is another', async (t) => {
  const seen: string[] = []
  const { send } = await openApp(t, {
    policies: guarded,
    behind: [(ctx) => void seen.push(ctx.path), hello],
  })
  t.is(codeOf(await send({ path: '/unnamed' })), 'route_unknown')
  t.is(codeOf(await send({ path: '/denied' })), 'address_denied')
  t.is(codeOf(await send({ method: 'DELETE', path: '/fixed' })), 'method_not_allowed')
  t.is(codeOf(await send({ path: '/open/../denied' })), 'request_malformed')
  const fixed = await send({ path: '/fixed' })
  t.deepEqual(
    [fixed.status, fixed.body, fixed.headers['x-own'], fixed.headers['content-type']],
    [201, '{"fixed":true}', 'yes', 'application/json; charset=utf-8'],
  )
  t.deepEqual(seen, [])
})

test('answers without a body as the route says, and not with the text of its status', async (t) => {
  const { send } = await openApp(t, { policies: guarded })
  const empty = await send({ path: '/empty' })
  t.deepEqual([empty.status, empty.body, empty.headers['content-length']], [200, '', '0'])
  t.is(empty.headers['content-type'], undefined)
  const gone = await send({ path: '/gone' })
  t.deepEqual([gone.status, gone.body, gone.headers['content-length']], [204, '', undefined])
  const head = await send({ method: 'HEAD', path: '/fixed' })
  t.deepEqual([head.status, head.body, head.headers['content-length']], [201, '', '14'])
})

test('answers a preflight of the route', async (t) => {
  const { send } = await openApp(t, { policies: guarded, behind: [hello] })
  const { status, headers } = await send({
    method: 'OPTIONS',
    path: '/open/a',
    headers: { ...origin, 'Access-Control-Request-Method': 'PUT' },
  })
  t.is(status, 204)
  t.regex(headers['access-control-allow-methods'] ?? '', /PUT/)
})

test('shows middleware before it what was answered, and keeps what it had set', async (t) => {
  const seen: unknown[] = []
  const watch = async (ctx: Context, next: () => Promise<void>) => {
    ctx.set('X-Before', 'kept')
    ctx.vary('Accept-Language')
    await next()
    seen.push(ctx.status, typeof ctx.body, ctx.response.get('X-Content-Type-Options'))
    ctx.set('X-After', 'too')
  }
  const { send } = await openApp(t, { policies: guarded, before: [watch], behind: [hello] })
  for (const path of ['/open/a', '/denied', '/fixed']) {
    const { headers } = await send({ path, headers: origin })
    t.deepEqual([headers['x-before'], headers['x-after']], ['kept', 'too'], path)
    t.is(headers.vary, 'Origin, Accept-Language', path)
  }
  t.deepEqual(seen, [200, 'string', 'nosniff', 403, 'string', 'nosniff', 201, 'object', 'nosniff'])
})

test('lets middleware before it change the answer, such as compress it', async (t) => {
  const shout = async (ctx: Context, next: () => Promise<void>) => {
    await next()
    ctx.body = Readable.from([String(ctx.body).toUpperCase()])
  }
  const { send } = await openApp(t, { policies: guarded, before: [shout], behind: [hello] })
  t.is((await send({ path: '/open/a' })).body, 'HELLO')
  t.is((await send({ path: '/fixed' })).body, '{"FIXED":TRUE}')
})

test('tells the app who called, and the request as it was judged', async (t) => {
  const policies = `
defaults: { authenticate: public }
settings: { trustedProxies: [127.0.0.1] }
routes:
  POST /notes/:id:
    input:
      params: { id: { type: integer } }
      query: { sort: { type: string, default: asc } }
      body: { type: object, required: [text], properties: { text: { type: string, transform: [trim] } } }
    handler: next
`
  const { send } = await openApp(t, {
    policies,
    behind: [
      (ctx) => {
        const { principal, input, requestId } = ctx.state
        const { ip, url, secure } = ctx
        ctx.body = { principal, input, requestId, ip, url, secure, body: Reflect.get(ctx.request, 'body') }
      },
    ],
  })
  const { body } = await send({
    method: 'POST',
    path: '/%6Eotes/7',
    headers: {
      'Content-Type': 'application/json',
      'X-Request-Id': 'r-1',
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'https',
    },
    body: '{"text":" hi "}',
  })
  const told = JSON.parse(body)
  t.like(told.input, { params: { id: 7 }, query: { sort: 'asc' }, body: { text: 'hi' } })
  t.deepEqual(told.body, { text: 'hi' })
  t.deepEqual(told.principal.roles, ['anonymous'])
  t.deepEqual([told.ip, told.url, told.secure, told.requestId], ['203.0.113.9', '/notes/7?sort=asc', true, 'r-1'])
})

test('keeps its head on what the app throws, in the words of the catalogue', async (t) => {
  const thrown: Record<string, unknown> = {
    denial: deny('forbidden', { cause: 'not yours' }),
    bug: new Error('secret detail'),
    text: 'just text',
    nothing: null,
  }
  const { send, errors, logged } = await openApp(t, {
    policies: guarded,
    behind: [
      async (ctx) => {
        ctx.set('X-Half', 'done')
        ctx.body = Readable.from(['half'])
        const what = ctx.path.slice('/open/'.length)
        if (what === 'conflict') ctx.throw(409, 'taken already', { headers: { 'X-Why': 'taken' } })
        if (what === 'missing') ctx.throw(404, 'no such note')
        throw thrown[what]
      },
    ],
  })
  const ask = async (what: string) => {
    const { status, headers, body } = await send({ path: `/open/${what}`, headers: origin })
    t.is(headers['x-content-type-options'], 'nosniff', what)
    t.is(headers['access-control-allow-origin'], 'https://shop.example', what)
    t.is(headers['x-half'], undefined, what)
    t.is(headers['content-length'], String(body.length), what)
    return [status, body.includes('{') ? JSON.parse(body).code : body, headers['x-why']]
  }
  t.deepEqual(await ask('denial'), [403, 'forbidden', undefined])
  t.deepEqual(errors, [])
  t.deepEqual(await ask('conflict'), [409, 'taken already', 'taken'])
  t.deepEqual(await ask('missing'), [404, 'not_found', undefined])
  for (const what of ['bug', 'text', 'nothing']) t.deepEqual(await ask(what), [500, 'internal_error', undefined])
  t.deepEqual(
    errors.map(({ message }) => message),
    ['taken already', 'no such note', 'secret detail', "non-error thrown: 'just text'", 'non-error thrown: null'],
  )
  t.deepEqual(logged, [])
})

test('answers 500 where what the app throws cannot be sent', async (t) => {
  const { send, errors } = await openApp(t, {
    policies: openToAll,
    behind: [(ctx) => ctx.throw(400, 'odd', { headers: { 'X-Odd': 'a\nb' } })],
  })
  const { status, body } = await send({ path: '/' })
  t.deepEqual([status, JSON.parse(body).code], [500, 'internal_error'])
  t.is(errors.length, 2)
})

test('answers not_found where the app sets nothing, and leaves what it says of a 404 itself', async (t) => {
  const { send } = await openApp(t, {
    policies: guarded,
    behind: [
      (ctx) => {
        if (ctx.path !== '/open/own') return
        ctx.status = 404
        ctx.body = { own: true }
      },
    ],
  })
  const nothing = await send({ path: '/open/a' })
  t.deepEqual([nothing.status, codeOf(nothing)], [404, 'not_found'])
  const own = await send({ path: '/open/own' })
  t.deepEqual([own.status, own.body], [404, '{"own":true}'])
})

test('hears nothing of what the app says about other origins, and forces what the policy forces', async (t) => {
  const policies = `
defaults:
  authenticate: public
  cors: { origins: ['https://shop.example'] }
  headers: { use: api, set: { X-House: ours }, remove: [X-Runtime] }
routes:
  GET /: { handler: next }
`
  const { send } = await openApp(t, {
    policies,
    behind: [
      (ctx) => {
        ctx.set({ 'Access-Control-Allow-Origin': '*', 'X-House': 'theirs', 'X-Runtime': '3', Vary: 'Accept' })
        ctx.append('Set-Cookie', ['a=1', 'b=2'])
        ctx.remove('X-Content-Type-Options')
        ctx.body = 'ok'
      },
    ],
  })
  const { headers } = await send({ headers: origin })
  t.is(headers['access-control-allow-origin'], 'https://shop.example')
  t.deepEqual([headers['x-house'], headers['x-runtime']], ['ours', undefined])
  t.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  t.is(headers.vary, 'Origin, Accept')
  t.truthy(headers['x-content-type-options'])
})

test('keeps its head on an answer that the app writes itself, and lets it take its time', async (t) => {
  const policies = `
defaults: { authenticate: public, timeout: 100ms }
routes:
  GET /events: { handler: next }
  GET /never: { handler: next }
`
  const finished = Promise.withResolvers<void>()
  const { port, send, errors } = await openApp(t, {
    policies,
    behind: [
      async (ctx) => {
        if (ctx.path === '/never') return finished.promise
        ctx.respond = false
        ctx.res.writeHead(200, { 'Content-Type': 'text/event-stream' })
        ctx.res.write('data: 1\n\n')
        await finished.promise
        ctx.res.end('data: 2\n\n')
      },
    ],
  })
  const sending = request({ port, path: '/events', agent: false }).end()
  const [res] = await once(sending, 'response')
  t.is(res.headers['x-content-type-options'], 'nosniff')
  const [first] = await once(res, 'data')
  t.is(String(first), 'data: 1\n\n')
  t.is((await send({ path: '/never' })).status, 504)
  finished.resolve()
  const [second] = await once(res, 'data')
  t.is(String(second), 'data: 2\n\n')
  t.deepEqual(errors, [])
})

test('cuts an answer that had begun when the app failed, and tells Koa so', async (t) => {
  const { port, errors } = await openApp(t, {
    policies: openToAll,
    behind: [
      (ctx) => {
        ctx.respond = false
        ctx.res.write('half')
        throw new Error('broken')
      },
    ],
  })
  const client = (await RawClient.connect(port)).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.notRegex(await client.rest(), /\r\n0\r\n/)
  t.deepEqual(
    errors.map(({ message, headerSent }) => [message, headerSent]),
    [['broken', true]],
  )
})

test('answers 504 where the app does not answer in time, and tells Koa of what it throws afterwards', async (t) => {
  const policies = `
defaults: { authenticate: public, timeout: 50ms }
routes:
  GET /: { handler: next }
`
  const late = Promise.withResolvers<never>()
  const { send, errors } = await openApp(t, { policies, behind: [() => late.promise] })
  const { status, headers, body } = await send()
  t.deepEqual([status, JSON.parse(body).code], [504, 'upstream_timeout'])
  t.is(headers['x-content-type-options'], 'nosniff')
  late.reject(new Error('at last'))
  await until(() => errors.length > 0)
  t.deepEqual(
    errors.map(({ message }) => message),
    ['at last'],
  )
})

test('hands a body on unread where the route reads none, and bounds it', async (t) => {
  const policies = `
defaults: { authenticate: public }
routes:
  POST /upload: { input: { body: any, maxBytes: 1kb }, handler: next }
`
  const { send } = await openApp(t, {
    policies,
    behind: [
      async (ctx) => {
        let bytes = 0
        for await (const chunk of ctx.req) bytes += chunk.length
        ctx.body = { bytes, parsed: Reflect.has(ctx.request, 'body') }
      },
    ],
  })
  const upload = (size: number, headers = {}) =>
    send({ method: 'POST', path: '/upload', body: 'x'.repeat(size), headers })
  t.deepEqual(JSON.parse((await upload(1000)).body), { bytes: 1000, parsed: false })
  t.is(codeOf(await upload(2000)), 'body_too_large')
  t.is(codeOf(await upload(2000, { 'Transfer-Encoding': 'chunked' })), 'body_too_large')
})

test('says in the log that a body parser stands before the gate', async (t) => {
  const policies = `
defaults: { authenticate: public }
routes:
  POST /: { input: { body: { type: object } }, handler: next }
  POST /any: { input: { body: any }, handler: next }
  GET /: { handler: next }
`
  const eat = async (ctx: Context, next: () => Promise<void>) => {
    for await (const _ of ctx.req);
    await next()
  }
  const { send, logged } = await openApp(t, { policies, before: [eat], behind: [hello] })
  const json = { 'Content-Type': 'application/json' }
  for (const path of ['/', '/any']) {
    t.is(codeOf(await send({ method: 'POST', path, headers: json, body: '{}' })), 'internal_error')
    t.is(
      codeOf(await send({ method: 'POST', path, headers: { ...json, 'Transfer-Encoding': 'chunked' }, body: '{}' })),
      'internal_error',
    )
  }
  t.is((await send()).body, 'hello')
  t.regex(String(Reflect.get(logged[0]?.fields ?? {}, 'err')), /mount body parsers after the gate/)
})

test('streams a body through, and lets go of it when the client leaves', async (t) => {
  const source = new PassThrough()
  const { send, port } = await openApp(t, {
    policies: openToAll,
    behind: [
      (ctx) => {
        ctx.body = ctx.path === '/file' ? createReadStream(import.meta.filename) : source
      },
    ],
  })
  t.regex((await send({ path: '/file' })).body, /^import .* 'node:events'/)
  const sending = request({ port, path: '/', agent: false }).end()
  source.write('a')
  const [res] = await once(sending, 'response')
  res.destroy()
  await until(() => source.closed)
  t.true(source.destroyed)
})

test('does nothing for a client that left before it came to the gate', async (t) => {
  const reached: string[] = []
  const arrived = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const { port, gate, send } = await openApp(t, {
    policies: `${openToAll}  GET /metrics: { builtin: metrics, network: [127.0.0.0/8] }`,
    before: [
      async (ctx, next) => {
        if (ctx.path === '/metrics') return next()
        arrived.resolve()
        await once(ctx.res, 'close')
        await next()
        left.resolve()
      },
    ],
    behind: [(ctx) => void reached.push(ctx.path)],
  })
  gate.on('decision', () => reached.push('decision'))
  const sending = request({ port, agent: false }).on('error', () => {})
  sending.end()
  await arrived.promise
  sending.destroy()
  await left.promise
  t.deepEqual(reached, [])
  t.regex((await send({ path: '/metrics' })).body, /^\w*in_flight\S* 1$/m)
})

test('makes a request in doubt the last of its connection, as `serve` does', async (t) => {
  const seen: string[] = []
  const { port } = await openApp(t, { policies: openToAll, behind: [(ctx) => void seen.push(ctx.path), hello] })
  const client = await RawClient.connect(port)
  client.send('GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n')
  const answer = await client.answer()
  t.deepEqual([answer.status, answer.headers.get('connection')], [400, 'close'])
  t.is(await client.rest(), '')
  t.deepEqual(seen, [])
})

test('makes a request that offers another protocol the last of its connection, whether it is refused or not', async (t) => {
  const seen: string[] = []
  const note = (ctx: Context) => {
    seen.push(ctx.path)
    ctx.body = 'hello'
  }
  const { port } = await openApp(t, { policies: openToAll, behind: [note] })
  for (const [protocol, status] of [
    ['h2c', 200],
    ['websocket', 501],
  ]) {
    const client = await RawClient.connect(port)
    client.send(`GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)
    const answer = await client.answer()
    t.deepEqual([answer.status, answer.headers.get('connection')], [status, 'close'])
    t.is(await client.rest(), '')
  }
  t.deepEqual(seen, ['/a'])
})

test('answers in the place of an app that wanted to answer by itself and failed before it did', async (t) => {
  const { send } = await openApp(t, {
    policies: openToAll,
    behind: [
      (ctx) => {
        ctx.respond = false
        throw new Error('broken')
      },
    ],
  })
  t.is(codeOf(await send()), 'internal_error')
})

test('passes on what an upstream says of a length, and nothing of a length that it does not say', async (t) => {
  const upstream = await openUpstream(t, (req, res) => {
    if (req.url === '/told') res.setHeader('Content-Length', 5)
    res.setHeader('Set-Cookie', ['a=1', 'b=2'])
    res.end(req.method === 'HEAD' ? undefined : 'hello')
  })
  const { send } = await openApp(t, {
    policies: `
defaults: { authenticate: public }
routes: { 'GET /*rest': { upstream: '${upstream}' } }
`,
  })
  const head = await send({ method: 'HEAD', path: '/told' })
  t.deepEqual([head.status, head.headers['content-length']], [200, '5'])
  const untold = await send({ method: 'HEAD', path: '/untold' })
  t.deepEqual([untold.status, untold.headers['content-length']], [200, undefined])
  const told = await send({ path: '/told' })
  t.deepEqual([told.body, told.headers['content-length']], ['hello', '5'])
  t.deepEqual(told.headers['set-cookie'], ['a=1', 'b=2'])
})

test('keeps what middleware before it says of other origins, where the policy says nothing', async (t) => {
  const { send } = await openApp(t, {
    policies: openToAll,
    before: [
      (ctx, next) => {
        ctx.set('Access-Control-Allow-Origin', 'https://before.example')
        return next()
      },
    ],
    behind: [hello],
  })
  const { headers } = await send()
  t.is(headers['access-control-allow-origin'], 'https://before.example')
})

test('leaves a handler of the policies its own answer, before the app and in its clothes', async (t) => {
  const { send } = await openApp(t, {
    policies: `
defaults: { authenticate: public, cors: { origins: ['https://shop.example'] } }
routes:
  GET /module: { handler: ./own.ts#answer }
  GET /odd: { handler: ./own.ts#odd }
`,
    files: {
      'own.ts': `
export const answer = (ctx: any) => { ctx.set('X-Own', 'yes'); ctx.body = { own: ctx.state.requestId !== undefined } }
export const odd = (ctx: any) => { ctx.set('X-Own', 'yes'); ctx.status = 299; ctx.body = new Uint8Array([104, 105]) }
`,
    },
    before: [
      async (ctx, next) => {
        ctx.set('X-Before', 'kept')
        await next()
      },
    ],
  })
  const { status, headers, body } = await send({ path: '/module', headers: origin })
  t.deepEqual([status, body, headers['x-own'], headers['x-before']], [200, '{"own":true}', 'yes', 'kept'])
  t.is(headers['access-control-allow-origin'], 'https://shop.example')
  t.is((await send({ path: '/odd' })).status, 299)
})
