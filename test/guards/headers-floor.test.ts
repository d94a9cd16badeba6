/** What a destination says in place of the headers of the policy, over real HTTP: stricter is heard, weaker is not. */

import test, { type ExecutionContext } from 'ava'
import { isSound } from '../../src/guards/headers/content-policy.ts'
import { headers } from '../../src/guards/headers/headers.ts'
import { type Hosted, hostGuard, siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof headers.compile>[0]

const secure = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }
const principal = { id: 'u1', issuer: 'i', scopes: [], roles: [], claims: {} }

interface Asked {
  readonly block?: Block
  readonly headers?: Readonly<Record<string, string>>
  readonly known?: boolean
}

/** The headers that a client gets where the destination says these. */
async function heard(
  t: ExecutionContext,
  said: readonly string[],
  { block = 'api', known, headers: sent = secure }: Asked = {},
) {
  const plan = await headers.compile(block, siteOf(), {} as never)
  const hosted: Hosted = {
    plan,
    destination: () => ({ status: 200, headers: said }),
    before: (exchange) => known && Object.assign(exchange, { principal }),
  }
  return (await (await hostGuard(t, hosted))({ headers: sent })).headers
}

/** What is said, and what is heard of it; nothing: the same. */
const said: readonly (readonly [block: Block, name: string, value: string, heard?: string])[] = [
  ['api', 'X-Content-Type-Options', 'sniff', 'nosniff'],
  ['api', 'X-Content-Type-Options', 'NOSNIFF'],
  ['api', 'X-Frame-Options', 'ALLOWALL', 'DENY'],
  ['api', 'X-Frame-Options', 'SAMEORIGIN', 'DENY'],
  ['api', 'X-Frame-Options', 'ALLOW-FROM https://evil.example', 'DENY'],
  ['web', 'X-Frame-Options', 'deny'],
  ['web', 'X-XSS-Protection', '1; mode=block', '0'],
  ['web', 'Cross-Origin-Opener-Policy', 'unsafe-none', 'same-origin'],
  ['web', 'Cross-Origin-Opener-Policy', 'same-origin; report-to="x"'],
  ['api', 'Cross-Origin-Resource-Policy', 'cross-origin', 'same-origin'],
  ['web', 'X-Permitted-Cross-Domain-Policies', 'all', 'none'],
  ['web', 'Origin-Agent-Cluster', '?0', '?1'],
  ['web', 'X-DNS-Prefetch-Control', 'on', 'off'],
  ['web', 'Referrer-Policy', 'unsafe-url', 'no-referrer'],
  ['web', 'Referrer-Policy', 'no-referrer-when-downgrade', 'no-referrer'],
  ['web', 'Referrer-Policy', 'same-origin'],
  ['web', 'Referrer-Policy', 'strict-origin-when-cross-origin'],
  [{ helmet: { referrerPolicy: { policy: 'no-referrer' } } }, 'Referrer-Policy', 'same-origin', 'no-referrer'],
  [
    { helmet: { crossOriginResourcePolicy: { policy: 'same-site' } } },
    'Cross-Origin-Resource-Policy',
    'cross-origin',
    'same-site',
  ],
  [{ helmet: { crossOriginResourcePolicy: { policy: 'same-site' } } }, 'Cross-Origin-Resource-Policy', 'same-origin'],
  [{ helmet: { crossOriginResourcePolicy: false } }, 'Cross-Origin-Resource-Policy', 'cross-origin'],
  ['api', 'Strict-Transport-Security', 'max-age=0', 'max-age=31536000; includeSubDomains'],
  ['api', 'Strict-Transport-Security', 'max-age=63072000', 'max-age=31536000; includeSubDomains'],
  [
    'api',
    'Strict-Transport-Security',
    'max-age=0; max-age=63072000; includeSubDomains',
    'max-age=31536000; includeSubDomains',
  ],
  ['api', 'Strict-Transport-Security', 'includeSubDomains; Max-Age="63072000"; preload'],
  ['api', 'Strict-Transport-Security', '', 'max-age=31536000; includeSubDomains'],
]
for (const [block, name, value, expected = value] of said) {
  test(`${JSON.stringify(block)}: of \`${name}: ${value}\` a client hears \`${expected}\``, async (t) => {
    t.is((await heard(t, [name, value], { block }))[name.toLowerCase()], expected)
  })
}

test('of several values, those that are weaker are left out', async (t) => {
  const twice = ['X-Frame-Options', 'ALLOWALL', 'X-Frame-Options', 'DENY']
  t.is((await heard(t, twice, { block: 'web' }))['x-frame-options'], 'DENY')
})

test('HSTS in clear is not heard', async (t) => {
  const own = ['Strict-Transport-Security', 'max-age=63072000; includeSubDomains']
  t.is((await heard(t, own, { headers: {} }))['strict-transport-security'], undefined)
})

const ours = "default-src 'none';frame-ancestors 'none'"
test('a sound policy of the destination stands by itself, a weak one beside ours', async (t) => {
  const csp = async (value: string, block: Block = 'api') =>
    (await heard(t, ['Content-Security-Policy', value], { block }))['content-security-policy']
  t.is(await csp("default-src 'self'"), "default-src 'self'")
  t.is(await csp('default-src *'), `default-src *, ${ours}`)
  t.is(await csp("frame-ancestors 'self'"), `frame-ancestors 'self', ${ours}`)
  t.is(await csp(''), `, ${ours}`)
  t.regex(String(await csp('upgrade-insecure-requests', 'web')), /^upgrade-insecure-requests, default-src 'self';/)
})

test('a policy that is written in `helmet` stands alone', async (t) => {
  const block: Block = {
    helmet: { contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ['x.example'] } } },
  }
  const own = ['Content-Security-Policy', "default-src 'self'"]
  t.is((await heard(t, own, { block }))['content-security-policy'], 'default-src x.example')
})

test('a policy that only reports does no harm', async (t) => {
  const own = ['Content-Security-Policy-Report-Only', 'default-src *']
  const got = await heard(t, own)
  t.is(got['content-security-policy-report-only'], 'default-src *')
  t.is(got['content-security-policy'], ours)
})

for (const policy of [
  "default-src 'self'",
  "default-src 'none'; script-src 'self' https://cdn.example",
  "script-src 'nonce-aB3/+_-=' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'",
  "script-src 'sha256-abc=' 'unsafe-inline'",
  "DEFAULT-SRC\t'SELF'; frame-ancestors https://shop.example",
  "default-src *, script-src 'self'",
])
  test(`is sound: ${policy}`, (t) => t.true(isSound(policy)))

for (const policy of [
  '',
  ';',
  'default-src *',
  'default-src https:',
  "script-src 'self' 'unsafe-inline'",
  "script-src 'self' 'unsafe-eval'",
  "script-src 'self' data:",
  "script-src 'self'; script-src-elem *",
  "script-src 'self'; script-src-attr 'unsafe-inline'",
  "script-src 'self'; object-src *",
  "script-src *; script-src 'self'",
  "default-src 'self'; script-src https://*",
  "default-src 'self'; frame-ancestors *",
  "style-src 'self'",
  "script-src 'unsafe-inline' 'nonce-'",
])
  test(`is not sound: ${policy}`, (t) => t.false(isSound(policy)))

test('caches between here and a caller with a credential keep nothing for others', async (t) => {
  const cached = async (value: string) => (await heard(t, ['Cache-Control', value], { known: true }))['cache-control']
  t.is(await cached('public, max-age=3600'), 'private, max-age=3600')
  t.is(await cached('Public,S-MaxAge=60 ,max-age=5'), 'private, max-age=5')
  t.is(await cached('max-age=60, must-revalidate'), 'private, max-age=60, must-revalidate')
  t.is(await cached('private="set-cookie, x", public'), 'private, private="set-cookie, x"')
  t.is(await cached('no-store'), 'no-store')
  t.is(await cached('PRIVATE, max-age=5'), 'PRIVATE, max-age=5')
  t.is(await cached(''), 'private')
  const told = ['CDN-Cache-Control', 'max-age=60', 'Surrogate-Control', 'max-age=60', 'X-Accel-Expires', '60']
  const known = await heard(t, told, { known: true })
  for (const name of ['cdn-cache-control', 'surrogate-control', 'x-accel-expires']) t.is(known[name], undefined, name)
  t.is(known['cache-control'], 'no-store')
})

test('what anyone may have, caches may keep; and the policy has the last word', async (t) => {
  const own = ['Cache-Control', 'public, max-age=3600', 'CDN-Cache-Control', 'max-age=60']
  t.like(await heard(t, own), { 'cache-control': 'public, max-age=3600', 'cdn-cache-control': 'max-age=60' })
  const block: Block = { set: { 'Cache-Control': 'public, max-age=5' } }
  t.is((await heard(t, own, { known: true, block }))['cache-control'], 'public, max-age=5')
})
