/** What answers hold: members that a role may not read, cookies that are too weak. Found where they are, and never sound unseen. */

import test, { type ExecutionContext } from 'ava'
import type { Plan as GuardPlan } from '../../../src/guards/guard.ts'
import { guards } from '../../../src/guards/index.ts'
import { inspect } from '../../../src/policy/inspect.ts'
import { readDevKey } from '../../../src/services/keys/dev-key.ts'
import { Forge } from '../../../src/tools/attack/forge.ts'
import { planAttack } from '../../../src/tools/attack/plan.ts'
import { type Report, runAttack } from '../../../src/tools/attack/run.ts'
import { openGate } from '../../helpers/gate.ts'

const policy = `
issuers: { shop: { builtin: true, audience: shop-api } }
roles:
  customer: [{ can: read, subject: Order, when: { ownerId: '\${user.id}' } }]
  support: [{ can: read, subject: Order, fields: [id, lines.sku] }]
  auditor: [{ can: read, subject: Order }, { cannot: read, subject: Order, fields: [card] }]
  admin: [{ can: manage, subject: all }]
  outsider: [{ can: read, subject: Invoice, fields: [id] }]
defaults: { authenticate: jwt }
routes:
  GET /orders: { authorize: { action: read, subject: Order, answer: /items }, handler: ./shop.ts#list }
  GET /orders/:id: { authorize: { action: read, subject: Order, answer: true, hide: true }, handler: ./shop.ts#show }
  GET /empty: { authorize: { action: read, subject: Order, answer: true }, handler: ./shop.ts#empty }
  GET /cookies:
    headers: { cookies: { httpOnly: true, readable: [theme], sameSite: lax, hostOnly: true, allow: [sid, theme] } }
    handler: ./shop.ts#cookies
  GET /quiet: { headers: { cookies: { httpOnly: true } }, reply: { body: [] } }
`
const handlers = `
const order = { id: 1, ownerId: 'alice', card: '4711', lines: [{ sku: 'TE-0001', cost: 3 }] }
export const list = (ctx) => { ctx.body = { items: [order, { ...order, id: 2, ownerId: 'bob' }], page: 1 } }
export const show = (ctx) => { ctx.body = order }
export const empty = (ctx) => { ctx.body = [] }
export const cookies = (ctx) => {
  ctx.set('Set-Cookie', ['sid=1; Domain=example.org; SameSite=None', 'theme=dark; SameSite=Strict', 'track=1; HttpOnly'])
  ctx.body = []
}
`
const files = { 'shop.yaml': policy, 'shop.ts': handlers }

interface Attacked {
  readonly policy?: string
  /** Whether there is a key to make tokens with, or one good token. */
  readonly given?: 'key' | 'token'
  readonly writes?: boolean
}

/** Attacks what is open by a policy, the one that it follows unless told. */
async function attack(
  url: string,
  directory: string,
  { given = 'key', writes = true }: Attacked = {},
): Promise<Report> {
  const followed = inspect(directory)
  const key = await readDevKey()
  const token = new Forge(followed, new Map([['shop', { key }]])).good('shop', { roles: ['admin'] })
  const forge = new Forge(followed, new Map([['shop', given === 'key' ? { key } : { token }]]))
  const plan = planAttack(followed, { forge, own: '127.0.0.1', isTrusted: false, writes, maxBody: 102_400 })
  return runAttack(new URL(url), plan, { rate: 2_000, most: 5_000, patience: 5 })
}

type Compile = (...given: unknown[]) => Promise<GuardPlan>

/** A gate in which a guard compiles to something else. */
async function openWith(t: ExecutionContext, name: string, change: (compile: Compile) => Compile) {
  const guard = guards.find((each) => each.name === name) as unknown as { compile: Compile }
  const { compile } = guard
  guard.compile = change(compile.bind(guard))
  const gate = await openGate(files).finally(() => {
    guard.compile = compile
  })
  t.teardown(() => gate.close())
  return gate
}

const describe = ({ findings }: Report): readonly string[] =>
  findings.map(({ probe, message }) => `${probe.guard} ${probe.route} ${probe.title}: ${message}`)

const line = (text: string): number => policy.split('\n').findIndex((each) => each.includes(text)) + 1

test.serial('where answers are cut and cookies amended, it says so, and what it could not see', async (t) => {
  t.timeout(120_000)
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  const report = await attack(gate.url, gate.directory)
  t.deepEqual(describe(report), [])
  const unseen = ['customer', 'support', 'auditor', 'outsider'].map((role) => ({
    guard: 'authorize',
    route: 'GET /empty',
    why: `no answer held what \`${role}\` may not read`,
  }))
  const [silent, ...others] = report.untried.slice(unseen.length)
  t.deepEqual(report.untried.slice(0, unseen.length), unseen)
  t.like(silent, { guard: 'headers', route: '' })
  t.regex(
    String(silent?.why),
    new RegExp(`^no answer set a cookie that \\S+shop.yaml:${line('GET /quiet:')}\\S speaks of$`),
  )
  t.deepEqual(others, [])
})

test.serial('it notices that answers are not cut', async (t) => {
  t.timeout(120_000)
  const gate = await openWith(t, 'authorize', (compile) => async (...given) => {
    const { around: _, ...plan } = await compile(...given)
    return plan
  })
  const report = await attack(gate.url, gate.directory)
  t.deepEqual(describe(report), [
    'authorize GET /orders an answer to `customer`: expected `/items/0` and `/items/1` to be left out, it was answered',
    'authorize GET /orders an answer to `support`: expected `/items/0/ownerId`, `/items/0/card`, `/items/0/lines/0/cost` and 3 more to be left out, it was answered',
    'authorize GET /orders an answer to `auditor`: expected `/items/0/card` and `/items/1/card` to be left out, it was answered',
    'authorize GET /orders/:id an answer to `customer`: expected the document to be left out, it was answered',
    'authorize GET /orders/:id an answer to `support`: expected `/ownerId`, `/card` and `/lines/0/cost` to be left out, it was answered',
    'authorize GET /orders/:id an answer to `auditor`: expected `/card` to be left out, it was answered',
  ])
  t.is(report.findings[0]?.probe.source.line, line('GET /orders:'))
})

test.serial('it notices each field that a server shows too much', async (t) => {
  t.timeout(120_000)
  const laxer = policy.replace('fields: [id, lines.sku]', 'fields: [id, lines]')
  const [gate, own] = await Promise.all([openGate({ ...files, 'shop.yaml': laxer }), openGate(files)])
  t.teardown(() => Promise.all([gate.close(), own.close()]))
  t.deepEqual(describe(await attack(gate.url, own.directory)), [
    'authorize GET /orders an answer to `support`: expected `/items/0/lines/0/cost` and `/items/1/lines/0/cost` to be left out, it was answered',
    'authorize GET /orders/:id an answer to `support`: expected `/lines/0/cost` to be left out, it was answered',
  ])
})

test.serial('it notices that cookies are not amended', async (t) => {
  t.timeout(120_000)
  const gate = await openWith(t, 'headers', (compile) => (block, ...given) => {
    const { cookies: _, ...rest } = typeof block === 'string' ? { use: block } : (block as Record<string, unknown>)
    return compile(rest, ...given)
  })
  const report = await attack(gate.url, gate.directory)
  t.deepEqual(describe(report), [
    'headers GET /cookies the cookie `sid`: expected `sid` to have `HttpOnly`, `SameSite=lax` or stricter, no `Domain`',
    'headers GET /cookies the cookie `track`: expected none of the name `track`, it was set',
  ])
  t.is(report.findings[0]?.probe.source.line, line('headers: { cookies: { httpOnly: true, readable'))
})

test.serial('where no token can be made for a role, or nothing is let through, it says so', async (t) => {
  t.timeout(120_000)
  const changing = policy.replace('GET /orders:', 'POST /orders:')
  const gate = await openGate({ ...files, 'shop.yaml': changing })
  t.teardown(() => gate.close())
  const whys = async (how: Attacked) =>
    (await attack(gate.url, gate.directory, how)).untried
      .filter(({ guard }) => guard === 'authorize')
      .map(({ route, why }) => `${route}: ${why}`)
  const noToken = 'no token can be made for each role, so no answer was looked at'
  t.deepEqual(
    await whys({ given: 'token' }),
    ['POST /orders', 'GET /orders/:id', 'GET /empty'].map((route) => `${route}: ${noToken}`),
  )
  t.true(
    (await whys({ writes: false })).includes('POST /orders: no request is let through whose answer could be looked at'),
  )
})

test.serial('answers of more than 64 kB are read, of letters of several bytes too', async (t) => {
  t.timeout(120_000)
  const many = `export const list = (ctx) => {
    ctx.body = { items: Array.from({ length: 3_000 }, (_, id) => ({ id, ownerId: 'älice', card: '4711' })) }
  }`
  const text = policy.replace(/ {2}GET \/orders\/:id[\s\S]*/, '')
  const gate = await openGate({ 'shop.yaml': text, 'shop.ts': many })
  t.teardown(() => gate.close())
  const { findings, untried, sound } = await attack(gate.url, gate.directory)
  t.deepEqual([findings, untried], [[], []])
  t.is(sound.get('authorize'), 2 + 4)
})

test.serial('a parameter is compared as a transform has left it', async (t) => {
  t.timeout(120_000)
  const text = `
issuers: { shop: { builtin: true, audience: shop-api } }
roles: { shop: [{ can: read, subject: Order, when: { shop: '\${params.shop}' } }], other: [{ can: read, subject: Order, fields: [id] }] }
routes:
  GET /:shop:
    authenticate: jwt
    authorize: { action: read, subject: Order, answer: true }
    input: { params: { shop: { type: string, maxLength: 9, transform: [lowercase], examples: [Tea] } } }
    reply: { body: { id: 1, shop: tea } }
`
  const gate = await openGate({ 'shop.yaml': text })
  t.teardown(() => gate.close())
  t.deepEqual(describe(await attack(gate.url, gate.directory)), [])
})

test.serial('many roles leave requests for everything else', async (t) => {
  t.timeout(120_000)
  const roles = Array.from({ length: 1_300 }, (_, at) => `  r${at}: [{ can: read, subject: Order, fields: [id] }]\n`)
  const text = policy.replace('roles:\n', `roles:\n${roles.join('')}`).replace(/ {2}GET \/orders\/:id[\s\S]*/, '')
  const gate = await openGate({ ...files, 'shop.yaml': text })
  t.teardown(() => gate.close())
  const { untried, requests } = await attack(gate.url, gate.directory)
  t.like(untried[0], { guard: 'authorize', why: 'there are more roles than requests for them: `--max`' })
  t.true(requests < 500)
})
