/** What holds for a route: profiles, defaults, its own blocks, `inherit` and `off`. */

import test, { type ExecutionContext } from 'ava'
import type { Policy, Route } from '../../src/policy/policy.ts'
import { factsOf, siteOf } from '../../src/policy/site.ts'
import { findingsOf, policyOf } from './folder.ts'

const head = `issuers: { shop: { builtin: true, audience: shop-api } }
profiles:
  page:
    cors: { origins: [https://page.example] }
    rateLimit: [{ by: ip, limit: 1, per: 1s }]
`

const limit = (name: string): string => `{ by: user, name: ${name}, limit: 5, per: 1s }`

function routeOf({ routes }: Policy, key: string): Route {
  const route = routes.find((each) => each.key === key)
  if (route === undefined) throw new Error(`no route is named ${key}`)
  return route
}

const blockOf = (route: Route, guard: string): unknown => route.blocks.get(guard)?.value

const namesOf = (route: Route): readonly string[] =>
  ((blockOf(route, 'rateLimit') ?? []) as readonly { readonly name?: string; readonly by: string }[]).map(
    ({ name, by }) => name ?? by,
  )

test('a route has the blocks of its defaults, of their profile, and its own', (t) => {
  const policy = policyOf(
    t,
    `${head}defaults: { use: page, authenticate: jwt }
routes:
  GET /a: { timeout: 5s, builtin: health }
  GET /b: { authenticate: public, because: open to all, builtin: health }
`,
  )
  const [a, b] = [routeOf(policy, 'GET /a'), routeOf(policy, 'GET /b')]
  t.deepEqual(blockOf(a, 'cors'), { origins: ['https://page.example'] })
  t.is(blockOf(a, 'authenticate'), 'jwt')
  t.is(blockOf(a, 'timeout'), '5s')
  t.is(blockOf(b, 'authenticate'), 'public')
})

test('the later layer wins whole: profile, defaults, the profile of the route, the route', (t) => {
  const policy = policyOf(
    t,
    `profiles:
  one: { timeout: 1s }
  three: { timeout: 3s }
defaults: { use: one, timeout: 2s, authenticate: public }
routes:
  GET /a: { builtin: health }
  GET /b: { use: three, builtin: health }
  GET /c: { use: three, timeout: 4s, builtin: health }
`,
  )
  t.deepEqual(
    policy.routes.map((route) => blockOf(route, 'timeout')),
    ['2s', '3s', '4s'],
  )
})

test('`inherit` keeps the inherited items where it stands', (t) => {
  const policy = policyOf(
    t,
    `${head}defaults: { use: page, authenticate: jwt, rateLimit: [inherit, ${limit('file')}] }
routes:
  GET /first: { rateLimit: [inherit, ${limit('own')}], builtin: health }
  GET /last: { rateLimit: [${limit('own')}, inherit], builtin: health }
  GET /middle: { rateLimit: [${limit('a')}, inherit, ${limit('b')}], builtin: health }
  GET /alone: { rateLimit: [inherit], builtin: health }
`,
  )
  t.deepEqual(policy.routes.map(namesOf), [
    ['ip', 'file', 'own'],
    ['own', 'ip', 'file'],
    ['a', 'ip', 'file', 'b'],
    ['ip', 'file'],
  ])
})

test('each inherited limit stays at its place, with its owner', (t) => {
  const policy = policyOf(
    t,
    `${head}service: orders
prefix: /orders
defaults: { use: page, authenticate: jwt, rateLimit: [inherit, ${limit('file')}] }
routes:
  GET /:id: { rateLimit: [inherit, ${limit('own')}], builtin: health }
`,
  )
  const [route] = policy.routes
  const block = route?.blocks.get('rateLimit')
  if (route === undefined || block === undefined) return t.fail()
  const site = siteOf(block, factsOf(route), block.items)
  t.deepEqual(
    [0, 1, 2].map((index) => [site.item(index).owner, site.item(index).line]),
    [
      ['page/', 5],
      ['orders/', 8],
      ['orders/GET /orders/:id/', 10],
    ],
  )
})

test('`off` takes a block away, and the default holds', (t) => {
  const policy = policyOf(
    t,
    `${head}defaults: { use: page, authenticate: public, headers: web }
routes:
  GET /a: { because: plain, cors: off, rateLimit: off, headers: off, builtin: health }
`,
  )
  const route = routeOf(policy, 'GET /a')
  t.false(route.blocks.has('cors'))
  t.false(route.blocks.has('rateLimit'))
  t.is(blockOf(route, 'headers'), 'api')
})

/** The rules found in a file whose one route and defaults say this. */
const rulesOf = (t: ExecutionContext, defaults: string, route: string): readonly string[] =>
  findingsOf(t, `defaults: { authenticate: public, ${defaults} }\nroutes:\n  GET /a: { ${route}, builtin: health }\n`)

test('every weakening is told, unless a reason stands beside it', (t) => {
  const cors = 'cors: { origins: [https://a.example] }'
  const other = 'cors: { origins: [https://b.example] }'
  t.deepEqual(rulesOf(t, cors, other), ['3:13 policy/weakened'])
  t.deepEqual(rulesOf(t, cors, 'cors: off'), ['3:13 policy/weakened'])
  t.deepEqual(rulesOf(t, cors, `because: another page, ${other}`), [])
  t.deepEqual(rulesOf(t, cors, cors), [])
  t.deepEqual(rulesOf(t, 'timeout: 5s', 'timeout: 9s'), ['3:13 policy/weakened'])
})

test('a reason in `defaults` excuses what `defaults` replace, and nothing of a route', (t) => {
  const text = (because: string) => `profiles: { page: { headers: web } }
defaults: { use: page, headers: api, ${because}authenticate: public }
routes:
  GET /a: { builtin: health }
  GET /b: { network: off, authenticate: public, headers: web, builtin: health }
`
  t.deepEqual(findingsOf(t, text('')), ['2:24 policy/weakened', '5:22 policy/idle-off', '5:49 policy/weakened'])
  t.deepEqual(findingsOf(t, text('because: data only, ')), ['5:22 policy/idle-off', '5:49 policy/weakened'])
})

test('a protection given up is excused by a reason on the route', (t) => {
  const framed = 'headers: { remove: [X-Frame-Options] }'
  t.deepEqual(rulesOf(t, 'timeout: 5s', framed), ['3:33 headers/weakened'])
  t.deepEqual(rulesOf(t, 'timeout: 5s', `because: framed on purpose, ${framed}`), [])
})

test('a broken block of the defaults is told once, and hides nothing of the routes', (t) => {
  const text = `defaults: { authenticate: public, rateLimit: [{ by: ip, limit: many, per: 1m }] }
routes:
  POST /a: { reply: { status: 202 } }
  POST /b: { rateLimit: [inherit, { by: ip, name: own, limit: 0, per: 1m }], reply: { status: 202 } }
  POST /c: { rateLimit: off, reply: { status: 202 } }
`
  t.deepEqual(findingsOf(t, text), ['1:64 policy/wrong-type', '4:63 policy/invalid-value', '5:3 rateLimit/missing'])
})

test('a text that several routes inherit names nothing only if it does so on all of them', (t) => {
  const text = (path: string) => `defaults:
  authenticate: public
  rateLimit: [{ by: '\${params.shop}', name: shop, limit: 5, per: 1s }]
routes:
  GET /health: { builtin: health }
  GET ${path}: { builtin: ready }
`
  t.deepEqual(findingsOf(t, text('/shops/:shop')), [])
  t.deepEqual(findingsOf(t, text('/shops/:id')), ['3:21 policy/empty-expression'])
})
