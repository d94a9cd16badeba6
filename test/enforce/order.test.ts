import { Readable } from 'node:stream'
import test from 'ava'
import { type Answer, headerSet } from '../../src/core/answer.ts'
import { deny } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { Outcome } from '../../src/core/observer.ts'
import { cors } from '../../src/guards/cors/cors.ts'
import type { Stack } from '../../src/policy/stack.ts'
import { serve, stack, stage } from './harness.ts'

const shop = 'https://shop.example'
const other = 'https://other.example'
const framing = headerSet({ 'X-Frame-Options': 'DENY' })

/** A route whose pages may be of these origins, with a header of its own. */
async function corsStack(key: string, origins: readonly string[], written: Partial<Stack> = {}): Promise<Stack> {
  const { facts } = stack(key)
  const site = { file: 'orders.yaml', line: 3, owner: 'orders/', folder: '/', route: facts, item: () => site }
  const plan = await cors.compile({ origins: [...origins] }, site, {} as never)
  const corsHead = plan.head
  const heads = [
    (_: Exchange, head: { defaults: unknown[] }) => void head.defaults.push(framing),
    ...(corsHead ? [corsHead] : []),
  ]
  return stack(key, { heads, corsHead, preflight: plan.preflight, ...written })
}

const asking = (method: string, origin = shop) => ({ Origin: origin, 'Access-Control-Request-Method': method })

const allowances = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test('answers a preflight before any guard is asked', async (t) => {
  const never = stage('network', () => deny('address_denied'))
  const { send } = await serve(t, [
    await corsStack('PUT /a', [shop], { stages: [never], judges: [never.step] }),
    await corsStack('GET /a', [shop]),
    await corsStack('DELETE /a', [other]),
  ])
  const answer = await send({ method: 'OPTIONS', path: '/a', headers: asking('PUT') })
  t.is(answer.status, 204)
  t.is(answer.body, '')
  t.is(answer.headers['access-control-allow-origin'], shop)
  t.is(
    answer.headers['access-control-allow-methods'],
    'GET, HEAD, PUT',
    'methods come from the routes of the path that let the origin in',
  )
  t.is(answer.headers['x-frame-options'], 'DENY')
  t.is(answer.headers['content-length'], undefined)
  t.is(answer.headers.vary, 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
})

test('refuses a preflight of an unlisted origin, method, header, or of a route without cors, and allows nothing', async (t) => {
  const { send } = await serve(t, [await corsStack('GET /a', [shop]), stack('POST /a')])
  const asked = [
    asking('GET', other),
    asking('GET', 'null'),
    asking('POST'),
    asking('DELETE'),
    asking('get'),
    asking('PROPFIND'),
    { ...asking('GET'), 'Access-Control-Request-Headers': 'x-odd' },
  ]
  for (const headers of asked) {
    const answer = await send({ method: 'OPTIONS', path: '/a', headers })
    t.is(answer.status, 403, JSON.stringify(headers))
    t.is(JSON.parse(answer.body).code, 'origin_denied')
    t.deepEqual(allowances(answer.headers), [])
    t.regex(String(answer.headers.vary), /Origin/)
  }
})

test('answers any other OPTIONS with what the path allows', async (t) => {
  const { send } = await serve(t, [await corsStack('GET /a/:x', [shop]), stack('POST /a/b'), stack('ANY /c')])
  const optionsOf = async (path: string, headers = {}) =>
    (await send({ method: 'OPTIONS', path, headers })).headers.allow
  t.is(await optionsOf('/a/b'), 'GET, HEAD, POST, OPTIONS')
  t.is(await optionsOf('/a/c', { Origin: shop }), 'GET, HEAD, OPTIONS')
  t.is(await optionsOf('/c'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  const answer = await send({ method: 'OPTIONS', path: '/a/c', headers: { Origin: shop } })
  t.is(answer.status, 204)
  t.is(answer.headers['access-control-allow-origin'], shop)
  t.is((await send({ method: 'OPTIONS', path: '/nowhere', headers: asking('GET') })).status, 404)
})

test('refuses a method that no route of the path has, with Allow and the cors of the path', async (t) => {
  const { send } = await serve(t, [stack('POST /a'), await corsStack('GET /a', [shop])])
  for (const method of ['DELETE', 'PROPFIND', 'PURGE', 'TRACE']) {
    const answer = await send({ method, path: '/a', headers: { Origin: shop } })
    t.is(answer.status, 405, method)
    t.is(JSON.parse(answer.body).code, 'method_not_allowed')
    t.is(answer.headers.allow, 'GET, HEAD, POST, OPTIONS')
    t.is(answer.headers['access-control-allow-origin'], shop)
    t.is(answer.headers['x-content-type-options'], 'nosniff')
  }
})

test('a 405 can be read by the pages of any method of the path', async (t) => {
  const { send } = await serve(t, [await corsStack('GET /a', [other]), await corsStack('POST /a', [shop])])
  const allowedTo = async (origin: string) =>
    (await send({ method: 'DELETE', path: '/a', headers: { Origin: origin } })).headers['access-control-allow-origin']
  t.is(await allowedTo(shop), shop)
  t.is(await allowedTo(other), other)
  t.is(await allowedTo('https://evil.example'), undefined)
  t.regex(String((await send({ method: 'DELETE', path: '/a' })).headers.vary), /Origin/)
})

test('knows no route for a path that no route names, whatever the method but TRACE', async (t) => {
  const { send } = await serve(t, [stack('GET /a')])
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    const answer = await send({ method, path: '/b' })
    t.is(answer.status, 404, method)
    t.is(JSON.parse(answer.body).code, 'route_unknown')
    t.is(answer.headers['x-content-type-options'], 'nosniff')
  }
  t.is((await send({ method: 'TRACE', path: '/b' })).status, 405)
})

test('sends away a host that no route answers', async (t) => {
  const { send } = await serve(t, [stack('GET /a', { hosts: ['api.example'] })])
  t.is((await send({ path: '/a', headers: { Host: 'api.example' } })).status, 200)
  const answer = await send({ path: '/a', headers: { Host: 'evil.example' } })
  t.is(answer.status, 421)
  t.is(JSON.parse(answer.body).code, 'host_unknown')
})

test('refuses what hygiene refuses before it looks for a route', async (t) => {
  const { send } = await serve(t, [stack('ANY /*rest')])
  const answer = await send({ path: '/a/%2e%2e/b' })
  t.is(answer.status, 400)
  t.is(JSON.parse(answer.body).code, 'request_malformed')
  t.is(answer.headers['x-content-type-options'], 'nosniff')
})

test('asks the steps in order, the first that refuses answers, and the decision says which', async (t) => {
  const asked: string[] = []
  const seen: Exchange[] = []
  const pass = (gate: 'network' | 'scopes') => stage(gate, () => void asked.push(gate))
  const late = stage('authenticate', async () => void asked.push('authenticate'))
  const refusing = stage('input', async () => deny('input_invalid'))
  const never = stage('authorize', () => t.fail())
  const stages = [pass('network'), late, pass('scopes'), refusing, never]
  const { send } = await serve(
    t,
    [stack('GET /a', { stages })],
    [{ answering: (exchange) => void seen.push(exchange) }],
  )
  t.is((await send({ path: '/a' })).status, 422)
  t.deepEqual(asked, ['network', 'authenticate', 'scopes'])
  const { decision, route } = seen[0] ?? t.fail()
  t.is(decision.denial?.code, 'input_invalid')
  t.is(decision.judge, refusing.step)
  t.is(decision.passed, 3)
  t.is(decision.judges.length, 5)
  t.is(route?.path, '/a')
})

test('records what a report-only step would refuse, and goes on', async (t) => {
  const seen: Exchange[] = []
  const stages = [
    stage('scopes', () => deny('scope_missing'), true),
    stage('input', async () => deny('input_invalid'), true),
  ]
  const { send } = await serve(
    t,
    [stack('GET /a', { stages })],
    [{ answering: (exchange) => void seen.push(exchange) }],
  )
  t.is((await send({ path: '/a' })).status, 200)
  const { decision } = seen[0] ?? t.fail()
  t.deepEqual(
    decision.reported.map(({ judge, denial }) => [judge.guard, denial.code]),
    [
      ['scopes', 'scope_missing'],
      ['input', 'input_invalid'],
    ],
  )
  t.is(decision.denial, undefined)
  t.is(decision.passed, 2)
})

test('hides whatever is thrown, with the headers of the route', async (t) => {
  const boom = () => {
    throw new Error('secret detail')
  }
  const throwing = {
    '/step': { stages: [stage('scopes', boom)] },
    '/late-step': { stages: [stage('scopes', async () => boom())] },
    '/destination': { destination: boom },
    '/late-destination': { destination: async () => boom() },
    '/thenable': { destination: () => Promise.reject('text') },
    '/nothing': { destination: () => undefined as never },
    '/late-nothing': { destination: async () => undefined as never },
  }
  const stacks = await Promise.all(
    Object.entries(throwing).map(([path, written]) => corsStack(`GET ${path}`, [shop], written)),
  )
  const { send, lines } = await serve(t, stacks)
  for (const path of Object.keys(throwing)) {
    const answer = await send({ path, headers: { Origin: shop, 'X-Request-Id': 'r1' } })
    t.is(answer.status, 500, path)
    t.is(answer.body, '{"status":"error","code":"internal_error","message":"Internal server error","requestId":"r1"}')
    t.is(answer.headers['x-frame-options'], 'DENY')
    t.is(answer.headers['access-control-allow-origin'], shop)
  }
  t.is(lines.length, Object.keys(throwing).length)
  t.regex(lines[0] ?? '', /secret detail.*"requestId":"r1".*GET \/step/)
})

test('names the step that threw as the judge', async (t) => {
  const seen: Exchange[] = []
  const bad = stage('input', () => {
    throw new Error('bug')
  })
  const { send } = await serve(
    t,
    [stack('GET /a', { stages: [stage('scopes', () => undefined), bad] })],
    [{ answering: (x) => void seen.push(x) }],
  )
  await send({ path: '/a' })
  t.is(seen[0]?.decision.judge, bad.step)
  t.is(seen[0]?.decision.denial?.code, 'internal_error')
})

test('answers a denial that a destination throws', async (t) => {
  const { send } = await serve(t, [
    stack('GET /a', {
      destination: () => {
        throw deny('not_found')
      },
    }),
    stack('GET /b', {
      destination: async () => {
        throw deny('forbidden')
      },
    }),
  ])
  t.is((await send({ path: '/a' })).status, 404)
  t.is((await send({ path: '/b' })).status, 403)
})

test('stops waiting for a destination that is late, and lets go of what comes later', async (t) => {
  const body = Readable.from(['late'])
  const answered = Promise.withResolvers<void>()
  const quick = stage('timeout', (exchange) => {
    exchange.timeout = { head: 5, idle: 1000 }
    return undefined
  })
  const { send } = await serve(t, [
    stack('GET /a', {
      stages: [quick],
      destination: () => answered.promise.then(() => ({ status: 200, headers: [], body })),
    }),
    stack('GET /b', {
      stages: [quick],
      destination: () => new Promise((_, reject) => answered.promise.then(() => reject(new Error('late')))),
    }),
  ])
  for (const path of ['/a', '/b']) {
    const answer = await send({ path })
    t.is(answer.status, 504)
    t.is(JSON.parse(answer.body).code, 'upstream_timeout')
  }
  const closed = new Promise((resolve) => body.once('close', resolve))
  answered.resolve()
  await closed
  t.true(body.destroyed)
})

test('waits as long as a timeout beyond every timer says', async (t) => {
  const warned = (warning: Error) => t.fail(warning.message)
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  const long = stage('timeout', (exchange) => {
    exchange.timeout = { head: 30 * 86_400_000, idle: 30 * 86_400_000 }
    return undefined
  })
  const answer = { status: 200, headers: [], body: Buffer.alloc(5_000_000) }
  const destination = () => new Promise<Answer>((resolve) => setTimeout(resolve, 20, answer))
  const { send } = await serve(t, [stack('GET /a', { stages: [long], destination })])
  t.is((await send({ path: '/a' })).status, 200)
})

test('hands on decoded parameters', async (t) => {
  const destination = ({ input }: Exchange) => ({ status: 200, headers: [], body: JSON.stringify(input.params) })
  const { send } = await serve(t, [stack('GET /:a/*rest', { destination })])
  t.is((await send({ path: '/caf%C3%A9/x/y%20z' })).body, '{"a":"café","rest":"x/y z"}')
})

test('keeps a request to the policy that was current when it began', async (t) => {
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const slow = stage('scopes', async () => {
    entered.resolve()
    await leave.promise
    return undefined
  })
  const served = await serve(t, [stack('GET /a', { stages: [slow] })])
  const first = served.send({ path: '/a' })
  await entered.promise
  served.activate([stack('GET /b')])
  t.is((await served.send({ path: '/a' })).status, 404)
  t.is((await served.send({ path: '/b' })).status, 200)
  leave.resolve()
  t.is((await first).status, 200)
})

test('tells observers once how each exchange ended, and gives back what was taken', async (t) => {
  const events: string[] = []
  const over = Promise.withResolvers<Outcome>()
  const taking = stage('authorize', (exchange) => {
    exchange.defer(() => events.push('first given back'))
    exchange.defer(() => {
      events.push('last given back')
      throw new Error('cannot')
    })
    return undefined
  })
  const observer = {
    started: () => void events.push('started'),
    answering: () => void events.push('answering'),
    finished: (_: Exchange, outcome: Outcome) => {
      events.push('finished')
      over.resolve(outcome)
    },
  }
  const { send } = await serve(t, [stack('GET /a', { stages: [taking] })], [observer])
  await send({ path: '/a' })
  const { status, aborted, milliseconds } = await over.promise
  t.deepEqual([status, aborted], [200, false])
  t.true(milliseconds >= 0)
  t.deepEqual(events, ['started', 'answering', 'finished', 'last given back', 'first given back'])
})

test('gives back at once what is taken after the client has gone, and calls no destination for it', async (t) => {
  const entered = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<Outcome>()
  const given = Promise.withResolvers<void>()
  const slow = stage('scopes', async () => {
    entered.resolve()
    await gone.promise
    return undefined
  })
  const taking = stage('authorize', (exchange) => void exchange.defer(given.resolve))
  const served = await serve(
    t,
    [stack('GET /a', { stages: [slow, taking], destination: () => t.fail() as never })],
    [{ finished: (_, outcome) => gone.resolve(outcome) }],
  )
  const socket = await served.open()
  socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
  await entered.promise
  socket.destroy()
  const { status, aborted } = await gone.promise
  t.deepEqual([status, aborted], [499, true])
  await given.promise
})

test('lets an observer put a refusal in the place of the answer, at once or later', async (t) => {
  const bodies = [Readable.from(['a']), Readable.from(['a'])]
  const stacks = bodies.map((body, at) =>
    stack(`GET /${at}`, { destination: () => ({ status: 200, headers: [], body }) }),
  )
  const observers = [
    { answering: ({ path }: Exchange) => (path === '/0' ? deny('overloaded') : undefined) },
    { answering: async ({ path }: Exchange) => (path === '/1' ? deny('keys_unavailable') : undefined) },
    { answering: (_: Exchange, { status }: { status: number }) => void t.is(status, 503) },
  ]
  const { send } = await serve(t, stacks, observers)
  t.is(JSON.parse((await send({ path: '/0' })).body).code, 'overloaded')
  t.is(JSON.parse((await send({ path: '/1' })).body).code, 'keys_unavailable')
  t.true(bodies.every((body) => body.destroyed))
})

test('survives observers that throw', async (t) => {
  const boom = () => {
    throw new Error('observer bug')
  }
  const { send } = await serve(t, [stack('GET /a')], [{ started: boom, finished: boom }])
  t.is((await send({ path: '/a' })).status, 200)
  const asking = await serve(
    t,
    [stack('GET /a'), stack('GET /b')],
    [{ answering: (x) => (x.path === '/a' ? boom() : Promise.reject(new Error('later'))) }],
  )
  t.is((await asking.send({ path: '/a' })).status, 500)
  t.is((await asking.send({ path: '/b' })).status, 500)
})
