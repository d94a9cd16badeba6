import { once } from 'node:events'
import test from 'ava'
import type { Context } from 'koa'
import type { DecisionEvent } from '../../src/index.ts'
import { until } from '../handlers/gate.ts'
import { openApp } from './app.ts'

const policies = `
issuers: { shop: { issuer: https://shop.example/, audience: api, algorithms: [HS256], secret: '\${env:PORTCULLIS_TEST_SECRET}' } }
defaults: { authenticate: public }
routes:
  GET /open/:id: { input: { query: { key: { type: string } } }, handler: next }
  GET /inside: { network: [192.0.2.0/24], handler: next }
  GET /token: { authenticate: jwt, handler: next }
  GET /tried:
    rateLimit: [{ by: ip, limit: 1, per: 1h }]
    reportOnly: [rateLimit]
    handler: next
`
const ok = (ctx: Context) => {
  ctx.body = 'ok'
}
process.env.PORTCULLIS_TEST_SECRET = 'a-secret-of-at-least-32-characters-for-tests'

test('tells of every request how it was decided, and no credential', async (t) => {
  const { gate, send, directory } = await openApp(t, { policies, behind: [ok] })
  const ask = async (path: string): Promise<DecisionEvent> => {
    const told = once(gate, 'decision')
    await send({ path, headers: { Authorization: 'Bearer credential', 'X-Request-Id': 'r-1' } })
    return (await told)[0]
  }
  const { milliseconds, digest, ...open } = await ask('/open/7?key=hidden')
  t.true(milliseconds > 0)
  const reloaded = once(gate, 'reload')
  await gate.reload()
  t.is(digest, (await reloaded)[0].digest)
  t.deepEqual(open, {
    requestId: 'r-1',
    method: 'GET',
    route: 'GET /open/:id',
    status: 200,
    code: undefined,
    guard: undefined,
    policy: `${directory}/app.yaml:5`,
    reported: [],
    withheld: undefined,
    principal: undefined,
    address: '127.0.0.1',
    aborted: false,
  })
  t.like(await ask('/inside'), {
    status: 403,
    code: 'address_denied',
    guard: 'network',
    policy: `${directory}/app.yaml:6`,
  })
  t.like(await ask('/nowhere'), { status: 404, code: 'route_unknown', route: undefined, policy: undefined })
  const refused = await ask('/token')
  t.like(refused, { status: 401, code: 'token_invalid', guard: 'authenticate', principal: undefined })
  t.notRegex(JSON.stringify(refused), /credential|hidden/)
  await ask('/tried')
  t.deepEqual((await ask('/tried')).reported, [
    { guard: 'rateLimit', policy: `${directory}/app.yaml:9`, code: 'rate_limited' },
  ])
})

test('is not hurt by a listener that throws or rejects', async (t) => {
  const { gate, send, logged } = await openApp(t, { policies, behind: [ok] })
  gate.on('decision', () => {
    throw new Error('thrown')
  })
  gate.on('reload', async () => {
    throw new Error('rejected')
  })
  t.is((await send({ path: '/open/1' })).body, 'ok')
  await gate.reload()
  t.is((await send({ path: '/open/1' })).body, 'ok')
  await until(() => logged.length >= 3)
  t.deepEqual(
    new Set(logged.map(({ fields, message }) => `${message}: ${Reflect.get(fields, 'event')}`)),
    new Set(['a listener failed: decision', 'a listener failed: reload']),
  )
})
