import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Context } from 'koa'
import { DirectoryFault, PolicyRefused, type Portcullis, portcullis, StartFault } from '../../src/index.ts'
import { codeOf } from '../handlers/gate.ts'
import { writePolicies } from '../helpers/gate.ts'
import { openApp, openToAll, type RunningApp } from './app.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const gateOf = (text: string): Portcullis => portcullis(writePolicies({ 'app.yaml': text }), { log: silent })

const replying = (text: string, more = '') => `
defaults: { authenticate: public }
routes:
  GET /: { reply: { body: ${text} }${more} }
`
const broken = 'routes: { GET /: { handler: next } }'

test('refuses every request with 503 before it is open', async (t) => {
  const { send, gate } = await openApp(t, { policies: openToAll, closed: true })
  const { status, headers, body } = await send()
  t.deepEqual([status, JSON.parse(body).code, headers['retry-after']], [503, 'starting', '1'])
  t.truthy(headers['x-request-id'])
  t.deepEqual([headers['x-content-type-options'], headers['x-frame-options']], ['nosniff', 'DENY'])
  await gate.open()
  t.is(codeOf(await send()), 'not_found')
})

test('reads nothing before it is opened', (t) => {
  t.notThrows(() => portcullis('/nowhere', { values: '/nowhere.yaml' }))
})

test('says why it cannot be opened, and can be tried again', async (t) => {
  await t.throwsAsync(portcullis('/nowhere').open(), { instanceOf: DirectoryFault })
  await t.throwsAsync(portcullis(writePolicies({ 'a.yaml': openToAll }), { values: '/nowhere.yaml' }).open(), {
    instanceOf: StartFault,
    message: 'cannot read the values file `/nowhere.yaml`: no such file or directory',
  })
  const directory = writePolicies({ 'app.yaml': broken })
  const gate = portcullis(directory, { log: silent })
  const refused = await t.throwsAsync(gate.open(), { instanceOf: PolicyRefused })
  const [first] = refused?.diagnostics ?? []
  t.is(first?.severity, 'error')
  t.is(refused?.message, `${first?.file}:${first?.line}:${first?.column} ${first?.message}`)
  writeFileSync(join(directory, 'app.yaml'), openToAll)
  t.is(await gate.open(), gate)
  await gate.close()
})

test('opens once, however often it is asked to', async (t) => {
  const gate = gateOf(openToAll)
  const events: string[] = []
  gate.on('open', () => events.push('open'))
  await Promise.all([gate.open(), gate.open()])
  await gate.open()
  t.deepEqual(events, ['open'])
  await gate.close()
})

test('takes values by name or from a file', async (t) => {
  const policies = `values: { greeting: hello }\n${replying('"${value:greeting}"')}`
  const { send } = await openApp(t, { policies, options: { values: { greeting: 'hi' } } })
  t.is((await send()).body, 'hi')
  const directory = writePolicies({ 'values.yaml': 'greeting: ahoy' })
  const other = await openApp(t, { policies, options: { values: join(directory, 'values.yaml') } })
  t.is((await other.send()).body, 'ahoy')
})

test('swaps the policies between two requests, and goes on counting', async (t) => {
  const limit = ', rateLimit: [{ by: ip, limit: 10, per: 1h }]'
  const { gate, directory, send } = await openApp(t, { policies: replying('old', limit) })
  const before = await send()
  t.deepEqual([before.body, before.headers['x-ratelimit-remaining']], ['old', '9'])
  writeFileSync(join(directory, 'app.yaml'), replying('new', limit))
  t.is((await send()).body, 'old')
  const told = once(gate, 'reload')
  await gate.reload()
  const [{ digest, warnings }] = await told
  t.regex(digest, /^[0-9a-f]{64}$/)
  t.deepEqual(warnings, [])
  const after = await send()
  t.deepEqual([after.body, after.headers['x-ratelimit-remaining']], ['new', '7'])
})

test('keeps the old policies where the new ones are refused, and says so twice', async (t) => {
  const { gate, directory, send } = await openApp(t, { policies: replying('old') })
  writeFileSync(join(directory, 'app.yaml'), broken)
  const told = once(gate, 'refused')
  const error = await t.throwsAsync(gate.reload(), { instanceOf: PolicyRefused })
  t.deepEqual(await told, [{ error }])
  t.is((await send()).body, 'old')
  rmSync(directory, { recursive: true })
  await t.throwsAsync(gate.reload(), { instanceOf: DirectoryFault })
  t.is((await send()).body, 'old')
})

test('says in `ready` that a reload was refused, until one succeeds', async (t) => {
  const policies = `${replying('old')}  GET /ready: { builtin: ready }\n`
  const { gate, directory, send } = await openApp(t, { policies })
  const status = async () => JSON.parse((await send({ path: '/ready' })).body)
  writeFileSync(join(directory, 'app.yaml'), broken)
  await t.throwsAsync(gate.reload(), { instanceOf: PolicyRefused })
  t.deepEqual(await status(), { status: 'degraded', failing: ['policies'] })
  writeFileSync(join(directory, 'app.yaml'), policies)
  await gate.reload()
  t.deepEqual(await status(), { status: 'ready' })
})

/** Port 9 is discard's, and nobody listens there: the keys are not to be had. */
const unreachable = (issuer: string) => `
issuers:
  ${issuer}: { issuer: 'https://${issuer}.example', jwks: 'http://127.0.0.1:9/keys', audience: notes, algorithms: [ES256] }
defaults: { authenticate: public }
routes:
  GET /me: { authenticate: jwt, handler: next }
  GET /ready: { builtin: ready }
`
const failing = async ({ send }: RunningApp) => JSON.parse((await send({ path: '/ready' })).body).failing

test('lets go of what the old policies kept current, and of nothing that the new ones do', async (t) => {
  const app = await openApp(t, { policies: unreachable('first') })
  t.deepEqual(await failing(app), ['issuers/first'])
  await app.gate.reload()
  t.deepEqual(await failing(app), ['issuers/first'])
  writeFileSync(join(app.directory, 'app.yaml'), unreachable('second'))
  await app.gate.reload()
  t.deepEqual(await failing(app), ['issuers/second'])
})

test('runs one reload at a time, and shares the one that waits', async (t) => {
  const { gate, directory, send } = await openApp(t, { policies: replying('one') })
  let reloads = 0
  gate.on('reload', () => reloads++)
  const first = gate.reload()
  await Promise.resolve()
  writeFileSync(join(directory, 'app.yaml'), replying('two'))
  await Promise.all([first, gate.reload(), gate.reload(), gate.reload()])
  t.is((await send()).body, 'two')
  t.true(reloads <= 2)
})

test('does not reload what is not open', async (t) => {
  const gate = gateOf(broken)
  const message = 'the gate is not open: call `open` before `reload`'
  await t.throwsAsync(gate.reload(), { message })
  const opening = gate.open()
  const reloading = gate.reload()
  await t.throwsAsync(opening, { instanceOf: PolicyRefused })
  await t.throwsAsync(reloading, { message: 'the gate is not open: `open` failed' })
  await t.throwsAsync(gate.reload(), { message })
  await gate.close()
})

test('refuses every request with 503 once it is closed, and is not opened again', async (t) => {
  const { gate, send } = await openApp(t, { policies: openToAll })
  const closes: string[] = []
  gate.on('close', () => closes.push('close'))
  await Promise.all([gate.close(), gate.close()])
  await gate.close()
  t.deepEqual(closes, ['close'])
  const answer = await send()
  t.deepEqual([codeOf(answer), answer.headers['x-content-type-options']], ['shutting_down', 'nosniff'])
  const message = 'the gate is closed: make a new one'
  await t.throwsAsync(gate.open(), { message })
  await t.throwsAsync(gate.reload(), { message })
})

test('is closed without having been opened', async (t) => {
  const gate = gateOf(openToAll)
  await gate.close()
  await t.throwsAsync(gate.open(), { message: /closed/ })
})

test('closes after the opening and the reload that are under way', async (t) => {
  const gate = gateOf(openToAll)
  const events: string[] = []
  for (const event of ['open', 'reload', 'close'] as const) gate.on(event, () => events.push(event))
  await Promise.all([gate.open(), gate.reload(), gate.close()])
  t.deepEqual(events, ['open', 'reload', 'close'])
})

test('waits with closing for a request that is being judged', async (t) => {
  const reached = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  Object.assign(globalThis, { portcullisTest: { reached, answer } })
  const { gate, send } = await openApp(t, {
    policies: `
defaults: { authenticate: public }
routes:
  GET /slow: { handler: './slow.ts#slow' }
`,
    files: {
      'slow.ts': `
export async function slow(ctx: any) {
  const { reached, answer } = (globalThis as any).portcullisTest
  reached.resolve()
  await answer.promise
  ctx.body = 'done'
}
`,
    },
  })
  const events: string[] = []
  const answered = send({ path: '/slow' }).then(({ body }) => void events.push(body))
  await reached.promise
  const closing = gate.close().then(() => void events.push('closed'))
  t.is(codeOf(await send({ path: '/slow' })), 'shutting_down')
  t.deepEqual(events, [])
  answer.resolve()
  await Promise.all([answered, closing])
  t.deepEqual(events.sort(), ['closed', 'done'])
})

test('takes a development key only where it is told that this is development', async (t) => {
  const policies = `
issuers: { shop: { builtin: true, audience: api, accessTtl: 10m } }
defaults: { authenticate: jwt }
routes:
  GET /: { handler: next }
`
  const gate = portcullis(writePolicies({ 'app.yaml': policies }), { log: silent, development: false })
  await t.throwsAsync(gate.open(), { instanceOf: StartFault, message: /development key/ })
})

test('is ready once it is open, by the word of its own route', async (t) => {
  const policies = `
defaults: { authenticate: public }
routes:
  GET /ready: { builtin: ready }
  GET /metrics: { builtin: metrics, network: [127.0.0.0/8] }
`
  const { gate, send } = await openApp(t, { policies })
  t.is((await send({ path: '/ready' })).status, 200)
  await gate.reload()
  const { body } = await send({ path: '/metrics' })
  t.regex(body, /route="GET \/ready"/)
  t.regex(body, /^portcullis_policy_info\{digest="[0-9a-f]+"/m)
})

test('is mounted under a path by who likes to', async (t) => {
  const { send } = await openApp(t, {
    policies: replying('inner'),
    before: [
      async (ctx: Context, next) => {
        ctx.path = ctx.path.replace(/^\/api/, '')
        await next()
      },
    ],
  })
  t.is((await send({ path: '/api/' })).body, 'inner')
})
