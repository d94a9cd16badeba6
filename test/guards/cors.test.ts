/** The `cors` guard over real HTTP, held to the cases of rs/cors as well, and the findings about its block. */

import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { cors } from '../../src/guards/cors/cors.ts'
import { type Hosted, hostGuard, type Received, siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof cors.compile>[0]

const host = async (t: ExecutionContext, block: Block, hosted: Omit<Hosted, 'plan'> = {}) =>
  hostGuard(t, { plan: await cors.compile(block, siteOf(), {} as never), ...hosted })

/** What concerns other origins. */
const corsOf = ({ headers }: Received) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(vary$|access-control-)/.test(name)))

const faultsOf = (block: Block) => cors.check?.(block, siteOf()).map(({ rule, path }) => `${rule} ${path.join('.')}`)

interface SpecCase {
  readonly id: string
  readonly title: string
  readonly cors: Block
  readonly methods: readonly string[]
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Left out where the policy is refused. */
  readonly expected?: Readonly<Record<string, string>>
  readonly differs?: 'refused' | 'ignored'
  readonly because?: string
}

const fixture = new URL('../fixtures/cors/spec-cases.json', import.meta.url)
const specCases: readonly SpecCase[] = JSON.parse(readFileSync(fixture, 'utf8'))

/** Lists are read as browsers read them: rs/cors tells what was asked for, we tell all that is allowed. */
const lists = ['access-control-allow-methods', 'access-control-allow-headers']
const itemsOf = (list: unknown = '') => String(list).toLowerCase().split(/, ?/)

test('holds all cases of rs/cors', (t) => {
  t.is(specCases.length, 23)
  t.deepEqual(
    specCases.flatMap(({ id, differs }) => (differs ? [`${id} ${differs}`] : [])),
    ['rs-03 refused', 'rs-13 refused', 'rs-18 refused', 'rs-22 ignored'],
  )
})

for (const { id, title, cors: block, methods, method, headers, expected } of specCases) {
  if (expected === undefined) continue
  test(`answers ${id} ${title} as expected`, async (t) => {
    const send = await host(t, block, { methods })
    const got = corsOf(await send({ method, headers }))
    const allowed = expected['access-control-allow-origin'] !== undefined
    for (const name of Object.keys(got)) if (!lists.includes(name)) t.is(got[name], expected[name], name)
    for (const name of Object.keys(expected)) if (!lists.includes(name)) t.is(got[name], expected[name], name)
    for (const name of lists) {
      const told = itemsOf(got[name])
      for (const item of itemsOf(expected[name])) if (item) t.true(told.includes(item), `${name}: ${item}`)
      t.is(got[name] !== undefined, allowed && method === 'OPTIONS' && 'access-control-request-method' in headers)
    }
  })
}

test('refuses the policies of rs/cors that are weaker than ours can be', (t) => {
  const blockOf = (id: string) => specCases.find((spec) => spec.id === id)?.cors ?? { origins: [] }
  t.deepEqual(faultsOf(blockOf('rs-03')), ['cors/credentials-with-wildcard origins.0'])
  t.deepEqual(faultsOf(blockOf('rs-18')), ['cors/insecure-origin origins.0', 'cors/invalid-header headers.0'])
  t.notRegex(blockOf('rs-13').maxAge ?? '', new RegExp(cors.schema.json.properties?.maxAge?.pattern ?? ''))
})

const shop = { origin: 'https://shop.example' }
const exposed =
  'ETag, Link, Retry-After, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit-Policy, RateLimit'

test('tells a listed origin that it may read, on refusals as well', async (t) => {
  const send = await host(
    t,
    { origins: ['https://shop.example'], credentials: true },
    { destination: () => ({ status: 500, headers: ['Vary', 'Accept'], body: '' }) },
  )
  t.deepEqual(corsOf(await send({ headers: shop })), {
    vary: 'Origin, Accept',
    'access-control-allow-origin': 'https://shop.example',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposed,
  })
})

test('answers a preflight with all that the path and the policy allow', async (t) => {
  const block = { origins: ['https://shop.example'], credentials: true, headers: ['X-Shop'], maxAge: '10m' }
  const send = await host(t, block, { methods: ['GET', 'HEAD', 'POST'] })
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-shop' }
  const answer = await send({ method: 'OPTIONS', headers: { ...shop, ...asked } })
  t.is(answer.status, 204)
  t.is(answer.body, '')
  t.deepEqual(corsOf(answer), {
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    'access-control-allow-origin': 'https://shop.example',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': 'Accept, Accept-Language, Content-Language, Content-Type, Range, X-Shop',
    'access-control-max-age': '600',
  })
})

const refusals = {
  'an unlisted origin': { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  'a method that the path lacks': { ...shop, 'access-control-request-method': 'PUT' },
  'a method in lower case': { ...shop, 'access-control-request-method': 'get' },
  'an unlisted header': { ...shop, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-evil' },
  'one unlisted header among listed ones': {
    ...shop,
    'access-control-request-method': 'GET',
    'access-control-request-headers': `authorization,${'x'.repeat(4096)}`,
  },
  'a header that objects are born with': {
    ...shop,
    'access-control-request-method': 'GET',
    'access-control-request-headers': '__proto__',
  },
} as const

for (const [title, headers] of Object.entries(refusals)) {
  test(`refuses a preflight for ${title}, without any permission`, async (t) => {
    const send = await host(t, { origins: ['https://shop.example'], credentials: true })
    const answer = await send({ method: 'OPTIONS', headers })
    t.is(answer.status, 403)
    t.is(JSON.parse(answer.body).code, 'origin_denied')
    t.deepEqual(corsOf(answer), { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' })
  })
}

test('lets an unlisted origin pass without permission to read', async (t) => {
  const send = await host(t, { origins: ['https://shop.example'] })
  const answer = await send({ headers: { origin: 'https://evil.example' } })
  t.is(answer.status, 200)
  t.deepEqual(corsOf(answer), { vary: 'Origin' })
})

test('varies by origin where none came', async (t) => {
  const send = await host(t, { origins: ['*'] })
  t.deepEqual(corsOf(await send()), { vary: 'Origin' })
})

const attempts = [
  'null',
  'NULL',
  '',
  '*',
  'https://*.shop.example',
  'https://shop.example',
  'https://a.b.shop.example',
  'https://.shop.example',
  'https://a.shop.example.evil.example',
  'https://a-shop.example',
  'https://evilshop.example',
  'https://evil.example/.shop.example',
  'https://evil.example#.shop.example',
  'https://evil.example, https://a.shop.example',
  'https://a.shop.example https://evil.example',
  'https://a.shop.example:8443',
  'https://a.shop.example.',
  'https://a.shop.example/',
  'https://a.shop.example%00',
  'https://A.SHOP.EXAMPLE',
  'http://a.shop.example',
  'https://user@a.shop.example',
  `https://${'a'.repeat(64)}.shop.example`,
  `https://${'a'.repeat(8000)}.shop.example`,
]

test('a wildcard stands for exactly one label of one domain', async (t) => {
  const send = await host(t, { origins: ['https://*.shop.example'], credentials: true })
  for (const origin of attempts) t.deepEqual(corsOf(await send({ headers: { origin } })), { vary: 'Origin' }, origin)
  for (const origin of ['https://a.shop.example', 'https://xn--bcher-kva.shop.example']) {
    const got = corsOf(await send({ headers: { origin } }))
    t.is(got['access-control-allow-origin'], origin)
    t.is(got['access-control-allow-credentials'], 'true')
    const preflight = await send({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } })
    t.is(preflight.headers['access-control-allow-origin'], origin)
  }
})

test('an exact origin stands beside a wildcard', async (t) => {
  const send = await host(t, { origins: ['https://*.shop.example', 'https://shop.example:8443'] })
  const read = async (origin: string) => (await send({ headers: { origin } })).headers['access-control-allow-origin']
  t.is(await read('https://shop.example:8443'), 'https://shop.example:8443')
  t.is(await read('https://a.shop.example'), 'https://a.shop.example')
  t.is(await read('https://shop.example'), undefined)
})

test('`*` is told as it is, never to `null` and never with credentials', async (t) => {
  const send = await host(t, { origins: ['*'] })
  const got = corsOf(await send({ headers: { origin: 'https://anyone.example' } }))
  t.is(got['access-control-allow-origin'], '*')
  t.false('access-control-allow-credentials' in got)
  for (const origin of ['null', 'garbage', `https://${'a'.repeat(300)}`, 'https://a b']) {
    t.deepEqual(corsOf(await send({ headers: { origin } })), { vary: 'Origin' }, origin)
  }
})

test('a duration below a second is told as none', async (t) => {
  const send = await host(t, { origins: ['*'], maxAge: '500ms' })
  const headers = { ...shop, 'access-control-request-method': 'GET' }
  t.is((await send({ method: 'OPTIONS', headers })).headers['access-control-max-age'], '0')
})

test('`expose: []` exposes nothing', async (t) => {
  const send = await host(t, { origins: ['*'], expose: [] })
  t.is((await send({ headers: shop })).headers['access-control-expose-headers'], undefined)
})

test('knows the origins that a preflight may come from', async (t) => {
  const { preflight } = await cors.compile({ origins: ['https://shop.example'] }, siteOf(), {} as never)
  t.true(preflight?.accepts('https://shop.example'))
  t.false(preflight?.accepts('null'))
  t.deepEqual(preflight?.source, { file: 'test.yaml', line: 1 })
})

const origins = {
  'https://shop.example': [],
  'https://shop.example:8443': [],
  'https://*.shop.example': [],
  'http://localhost:3000': [],
  'http://127.0.0.1': [],
  'http://[::1]:5173': [],
  'http://*.localhost:3000': [],
  '*': [],
  '${env:SHOP}': [],
  null: ['cors/null-origin'],
  'http://shop.example': ['cors/insecure-origin'],
  'file:///': ['cors/origin-scheme'],
  'chrome-extension://abcdef': ['cors/origin-scheme'],
  'javascript://x': ['cors/origin-scheme'],
  'https://shop.example/': ['cors/invalid-origin'],
  'https://shop.example/app': ['cors/invalid-origin'],
  'https://shop.example?': ['cors/invalid-origin'],
  'https://shop.example:443': ['cors/invalid-origin'],
  'https://user:pass@shop.example': ['cors/invalid-origin'],
  'https://SHOP.example': ['cors/invalid-origin'],
  'https://bücher.example': ['cors/invalid-origin'],
  'https://': ['cors/invalid-origin'],
  'shop.example': ['cors/invalid-origin'],
  '': ['cors/invalid-origin'],
  'https://*': ['cors/invalid-origin'],
  'https://shop.*': ['cors/invalid-origin'],
  'https://a.*.example': ['cors/invalid-origin'],
  'https://*.*.example': ['cors/invalid-origin'],
  'https://shop*.example': ['cors/invalid-origin'],
  'https://*.0.0.1': ['cors/invalid-origin'],
  'https://*.com': ['cors/wildcard-too-wide'],
}

for (const [origin, rules] of Object.entries(origins)) {
  test(`${rules.length === 0 ? 'accepts' : 'questions'} the origin \`${origin}\``, (t) => {
    t.deepEqual(
      faultsOf({ origins: [origin] }),
      rules.map((rule) => `${rule} origins.0`),
    )
  })
}

test('says how an origin is spelt', (t) => {
  const messageOf = (origin: string) => cors.check?.({ origins: [origin] }, siteOf())[0]?.message
  t.is(messageOf('https://bücher.example/'), 'expected `https://xn--bcher-kva.example`, not `https://bücher.example/`')
  t.is(messageOf('https://*.shop.example:443'), 'expected `https://*.shop.example`, not `https://*.shop.example:443`')
})

test('questions credentials for more than exact origins', (t) => {
  t.deepEqual(faultsOf({ origins: ['https://a.example', '*'], credentials: true }), [
    'cors/credentials-with-wildcard origins.1',
  ])
  t.deepEqual(faultsOf({ origins: ['https://*.shop.example'], credentials: true }), [
    'cors/credentials-with-subdomains origins.0',
  ])
})

test('refuses header names that are none', (t) => {
  t.deepEqual(faultsOf({ origins: ['*'], headers: ['X-A', '*', 'a b'], expose: ['*', 'a,b'] }), [
    'cors/invalid-header headers.1',
    'cors/invalid-header headers.2',
    'cors/invalid-header expose.0',
    'cors/invalid-header expose.1',
  ])
})

test('leaves lists that are not filled in yet for later', (t) => {
  t.deepEqual(
    faultsOf({ origins: '${value:origins}', headers: '${value:headers}', credentials: '${env:C}' } as never),
    [],
  )
})
