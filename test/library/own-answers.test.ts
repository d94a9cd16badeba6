import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import type { Context, Middleware, Next } from 'koa'
import { portcullis } from '../../src/index.ts'
import { codeOf, until } from '../handlers/gate.ts'
import { writePolicies } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'
import { openApp, openToAll } from './app.ts'

const strict = `
defaults:
  authenticate: public
  timeout: 50ms
  headers: { use: api, set: { X-House: ours }, remove: [X-Runtime] }
  cors: { origins: ['https://shop.example'] }
routes:
  ANY /*rest: { handler: next }
`
const foreign = { Origin: 'https://elsewhere.example' }

const written: Readonly<Record<string, (ctx: Context) => void>> = {
  object: ({ res }) =>
    void res.writeHead(203, { 'Access-Control-Allow-Origin': '*', 'X-House': 'mine', 'Set-Cookie': ['a=1', 'b=2'] }),
  reason: ({ res }) => void res.writeHead(203, 'So', { 'access-control-allow-origin': '*', 'X-Request-Id': 'mine' }),
  flat: ({ res }) =>
    void res.writeHead(203, ['Access-Control-Allow-Origin', '*', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']),
  pairs: ({ res }) =>
    void res.writeHead(203, [['Access-Control-Allow-Origin', '*'] as never, ['X-Runtime', '1'] as never]),
  set: ({ res }) => {
    res.setHeader('Access-Control-Allow-Origin', '*')
    res.setHeader('X-Runtime', '1')
    res.statusCode = 203
  },
}

test('lays its head over what the app writes on the response itself, however it does', async (t) => {
  const { send } = await openApp(t, {
    policies: strict,
    before: [
      async (ctx, next) => {
        ctx.set('X-Before', 'kept')
        await next()
      },
    ],
    behind: [
      (ctx) => {
        ctx.respond = false
        written[ctx.path.slice(1)]?.(ctx)
        ctx.res.end('own')
      },
    ],
  })
  for (const how of Object.keys(written)) {
    const { status, headers, body } = await send({ path: `/${how}`, headers: foreign })
    t.deepEqual([status, body], [203, 'own'], how)
    t.is(headers['access-control-allow-origin'], undefined, how)
    t.deepEqual([headers['x-house'], headers['x-runtime'], headers['x-before']], ['ours', undefined, 'kept'], how)
    t.regex(String(headers['x-request-id']), /^[0-9a-f]{32}$/, how)
    t.is(headers['x-content-type-options'], 'nosniff', how)
    if (how === 'object' || how === 'flat') t.deepEqual(headers['set-cookie'], ['a=1', 'b=2'], how)
  }
  t.is((await send({ path: '/reason' })).reason, 'So')
})

test('lays its head over what the app writes after it has returned', async (t) => {
  const { send } = await openApp(t, {
    policies: strict,
    behind: [
      (ctx) => {
        ctx.respond = false
        void setImmediate().then(() => {
          ctx.res.setHeader('Access-Control-Allow-Origin', '*')
          ctx.res.end('late')
        })
      },
    ],
  })
  const { status, headers, body } = await send({ headers: foreign })
  t.deepEqual([status, body], [404, 'late'])
  t.deepEqual([headers['access-control-allow-origin'], headers['x-house']], [undefined, 'ours'])
})

test('lays its head over what Koa answers where a body is no JSON', async (t) => {
  const { send, errors } = await openApp(t, {
    policies: strict,
    behind: [
      (ctx) => {
        ctx.body = { many: 1n }
      },
    ],
  })
  const { status, headers } = await send({ headers: { Origin: 'https://shop.example' } })
  t.is(status, 500)
  t.deepEqual([headers['x-house'], headers['x-content-type-options']], ['ours', 'nosniff'])
  t.is(headers['access-control-allow-origin'], 'https://shop.example')
  t.is(errors.length, 1)
})

test('leaves a 404 that has begun to the app', async (t) => {
  const { send, errors } = await openApp(t, { policies: openToAll, behind: [(ctx) => ctx.flushHeaders()] })
  const { status, body } = await send()
  t.deepEqual([status, body], [404, 'Not Found'])
  t.deepEqual(errors, [])
})

const lateWrites: Readonly<Record<string, (ctx: Context) => void>> = {
  context: (ctx) => {
    ctx.status = 201
    ctx.set('X-Late', 'yes')
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.body = 'late'
  },
  response: ({ res }) => {
    res.statusCode = 202
    res.write('late')
    res.end()
  },
  frozen: () => {
    throw Object.freeze(new Error('late'))
  },
}

test('is final with its 504, whatever the app does afterwards and however long middleware before it holds on', async (t) => {
  const done = new Map<string, PromiseWithResolvers<void>>()
  const seen: unknown[] = []
  const holdOn: Middleware = async (ctx: Context, next: Next) => {
    await next()
    seen.push(ctx.status)
    done.get(ctx.path)?.resolve()
    await setImmediate()
    await setImmediate()
    ctx.set('X-Runtime', '1')
  }
  const { send, errors } = await openApp(t, {
    policies: strict,
    before: [holdOn],
    behind: [
      async (ctx) => {
        const over = Promise.withResolvers<void>()
        done.set(ctx.path, over)
        await over.promise
        lateWrites[ctx.path.slice(1)]?.(ctx)
      },
    ],
  })
  for (const how of Object.keys(lateWrites)) {
    const answer = await send({ path: `/${how}`, headers: foreign })
    t.deepEqual([answer.status, answer.reason, codeOf(answer)], [504, 'Gateway Timeout', 'upstream_timeout'], how)
    const { headers } = answer
    t.deepEqual(
      [headers['x-late'], headers['access-control-allow-origin'], headers['x-runtime']],
      [undefined, undefined, undefined],
      how,
    )
    t.is(headers['content-length'], String(answer.body.length), how)
  }
  const head = await send({ method: 'HEAD', path: '/context' })
  t.deepEqual([head.status, head.body], [504, ''])
  t.deepEqual(seen, [504, 504, 504, 504])
  await until(() => errors.length > 0)
  t.deepEqual(
    errors.map(({ message }) => message),
    ['late'],
  )
})

/** What people throw, and what comes of it: status, and code or text. */
const thrown: Readonly<Record<string, readonly [(ctx: Context) => unknown, number, string]>> = {
  'a body parser on broken JSON': [
    () => Object.assign(new SyntaxError('secret'), { status: 400 }),
    400,
    'request_malformed',
  ],
  'an error with a status of its own': [() => Object.assign(new Error('secret'), { status: 409 }), 409, 'Conflict'],
  'ctx.throw of a server error': [
    (ctx) => ctx.throw(503, 'secret', { headers: { 'X-Why': 'busy' } }),
    503,
    'Service Unavailable',
  ],
  'a status that is none': [() => Object.assign(new Error('secret'), { status: 200 }), 500, 'internal_error'],
  'a status that HTTP does not know': [
    () => Object.assign(new Error('secret'), { status: 499.5 }),
    500,
    'internal_error',
  ],
  'a status as text': [() => Object.assign(new Error('secret'), { status: '409' }), 500, 'internal_error'],
  'a trap': [
    () =>
      new Proxy(new Error('secret'), {
        get: () => {
          throw new Error('trap')
        },
        getPrototypeOf: () => {
          throw new Error('trap')
        },
      }),
    500,
    'internal_error',
  ],
}

test('answers with the status that an error carries, as Koa does, and with its message only where it is meant to be read', async (t) => {
  const { send } = await openApp(t, {
    policies: strict,
    behind: [
      (ctx) => {
        throw thrown[decodeURIComponent(ctx.path.slice(1))]?.[0](ctx)
      },
    ],
  })
  for (const [what, [, status, text]] of Object.entries(thrown)) {
    const answer = await send({ path: `/${encodeURIComponent(what)}`, headers: foreign })
    t.is(answer.status, status, what)
    t.is(answer.body.includes('{') ? codeOf(answer) : answer.body, text, what)
    t.notRegex(answer.body, /secret|trap/, what)
    t.is(answer.headers['x-house'], 'ours', what)
    if (status === 503) t.is(answer.headers['x-why'], 'busy')
  }
})

test('outlives an upload that ends half-way, whoever reads it', async (t) => {
  const reading = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<unknown>()
  const policies = `
defaults: { authenticate: public }
routes:
  POST /upload: { input: { body: any }, handler: next }
`
  const { port, send, gate } = await openApp(t, {
    policies,
    behind: [
      async (ctx) => {
        try {
          for await (const _ of ctx.req) reading.resolve()
        } catch (error) {
          aborted.resolve(error)
          throw error
        }
      },
    ],
  })
  const told = once(gate, 'decision')
  const client = await RawClient.connect(port)
  client.send('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf')
  await reading.promise
  client.socket.destroy()
  t.regex(String(await aborted.promise), /aborted/)
  const [{ aborted: isAborted }] = await told
  t.true(isAborted)
  t.is((await send({ path: '/' })).status, 404)
})

test('is one request by one id, whoever reads it, and for a second gate behind it too', async (t) => {
  const second = portcullis(writePolicies({ 'app.yaml': openToAll }))
  t.teardown(() => second.close())
  await second.open()
  const { send, gate } = await openApp(t, {
    policies: strict,
    behind: [
      second.middleware as Middleware,
      (ctx) => {
        ctx.body = [ctx.get('X-Request-Id'), ctx.state.requestId]
      },
    ],
  })
  const told = [once(gate, 'decision'), once(second, 'decision')]
  const { headers, body } = await send({ headers: { 'X-Request-Id': 'not one that is\ttaken' } })
  const id = headers['x-request-id']
  t.deepEqual(JSON.parse(body), [id, id])
  for (const [decision] of await Promise.all(told)) t.is(decision.requestId, id)
})
