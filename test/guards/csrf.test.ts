import test, { type ExecutionContext } from 'ava'
import type { Exchange } from '../../src/core/exchange.ts'
import type { RouteFacts } from '../../src/core/site.ts'
import { csrf } from '../../src/guards/csrf/csrf.ts'
import type { CsrfBlock } from '../../src/guards/csrf/csrf-block.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'

type Headers = Readonly<Record<string, string | string[]>>

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

interface Hosting {
  readonly block?: CsrfBlock
  readonly route?: Partial<RouteFacts>
  readonly reportOnly?: boolean
  /** Which cookies carried the credential. */
  readonly cookies?: readonly string[]
}

/** Sends to the guard as a caller whom a cookie let in; returns the status, and the code of a refusal. */
async function host(t: ExecutionContext, { block = {}, route, reportOnly = false, cookies = ['c'] }: Hosting = {}) {
  const plan = await csrf.compile(block, siteOf(route), {} as never)
  const before = (exchange: Exchange) => void Object.assign(exchange, { credentialCookies: cookies })
  const send = await hostGuard(t, { plan, before, methods, reportOnly })
  return async (headers: Headers, method = 'POST') => {
    const { status, body } = await send({ method, headers: { host: 'shop.example', ...headers } })
    return body === '' ? status : `${status} ${JSON.parse(body).code}`
  }
}

const rejected = '403 csrf_rejected'
const listed = 'https://app.example'

/** Of a request to `shop.example`, where `csrf` lists another origin. */
const requests: readonly [Headers, string | number][] = [
  [{ 'sec-fetch-site': 'same-origin' }, 200],
  [{ 'sec-fetch-site': 'none' }, 200],
  [{ 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }, 200],
  [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 200],
  [{ 'sec-fetch-site': 'same-site' }, rejected],
  [{ 'sec-fetch-site': 'cross-site' }, rejected],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' }, rejected],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, rejected],
  [{ 'sec-fetch-site': 'cross-site', origin: 'null' }, rejected],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://shop.example' }, rejected],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, rejected],
  [{ 'sec-fetch-site': 'cross-site', origin: listed }, 200],
  [{ 'sec-fetch-site': 'same-site', origin: listed }, 200],
  [{ 'sec-fetch-site': '' }, rejected],
  [{ 'sec-fetch-site': 'Same-Origin' }, rejected],
  [{ 'sec-fetch-site': 'same-origin, cross-site' }, rejected],
  [{ 'sec-fetch-site': ['cross-site', 'same-origin'] }, rejected],
  [{ 'sec-fetch-site': 'same-origin;x' }, rejected],
  [{}, rejected],
  [{ origin: 'https://shop.example' }, 200],
  [{ origin: 'http://shop.example' }, 200],
  [{ origin: listed }, 200],
  [{ origin: '' }, rejected],
  [{ origin: 'null' }, rejected],
  [{ origin: 'https://evil.example' }, rejected],
  [{ origin: 'https://blog.shop.example' }, rejected],
  [{ origin: 'https://shop.example.evil.example' }, rejected],
  [{ origin: 'https://evil-shop.example' }, rejected],
  [{ origin: 'https://shop.example@evil.example' }, rejected],
  [{ origin: 'https://evil.example#shop.example' }, rejected],
  [{ origin: 'https://shop.example:8443' }, rejected],
  [{ origin: 'https://shop.example/' }, rejected],
  [{ origin: 'https://shop.example.' }, rejected],
  [{ origin: 'https://SHOP.example' }, rejected],
  [{ origin: 'shop.example' }, rejected],
  [{ origin: '//shop.example' }, rejected],
  [{ origin: 'ftp://shop.example' }, rejected],
  [{ origin: `${listed}:443` }, rejected],
  [{ origin: `${listed} https://evil.example` }, rejected],
  [{ origin: `${listed}, https://evil.example` }, rejected],
  [{ origin: ['https://evil.example', 'https://shop.example'] }, '400 request_malformed'],
  [{ referer: 'https://shop.example/' }, rejected],
  [{ 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' }, rejected],
  [{ host: 'shop.example:8443', origin: 'https://shop.example:8443' }, 200],
  [{ host: 'shop.example:8443', origin: 'https://shop.example' }, rejected],
  [{ host: 'shop.example:443', origin: 'https://shop.example' }, 200],
  [{ host: 'shop.example:80', origin: 'http://shop.example' }, 200],
  [{ host: 'SHOP.example', origin: 'https://shop.example' }, 200],
  [{ host: 'shop.example.', origin: 'https://shop.example.' }, 200],
  [{ host: '[::1]:8080', origin: 'http://[::1]:8080' }, 200],
  [{ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, 200],
  [{ host: '127.0.0.1:8080', origin: 'http://localhost:8080' }, rejected],
]

test('lets pages of this host and of listed origins in, and nobody else', async (t) => {
  const send = await host(t, { block: { origins: [listed] } })
  for (const [headers, expected] of requests) t.is(await send(headers), expected, JSON.stringify(headers))
})

test('asks every method that can change something, and no other', async (t) => {
  const send = await host(t)
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) t.is(await send(foreign, method), rejected, method)
  for (const method of ['GET', 'HEAD']) t.is(await send(foreign, method), 200, method)
})

test('asks nobody whose credential was no cookie, unless the route logs browsers in', async (t) => {
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  t.is(await (await host(t, { cookies: [] }))(foreign), 200)
  t.is(await (await host(t, { cookies: [] }))({}), 200)
  const login = await host(t, { cookies: [], route: { beginsSession: true } })
  t.is(await login(foreign), rejected)
  t.is(await login({}), rejected)
  t.is(await login({ 'sec-fetch-site': 'same-origin' }), 200)
})

test('a client that uses TLS has its own pages by TLS alone', async (t) => {
  const send = await host(t)
  const secure = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }
  t.is(await send({ ...secure, origin: 'http://shop.example' }), rejected)
  t.is(await send({ ...secure, origin: 'https://shop.example' }), 200)
  t.is(await send({ ...secure, host: 'shop.example:443', origin: 'https://shop.example' }), 200)
})

test('only reports where it is told to, and is gone where it is off', async (t) => {
  t.is(await (await host(t, { reportOnly: true }))({}), 200)
  t.is(await (await host(t, { block: 'off' }))({}), 200)
})

test('has nothing to do on a route that only reads', async (t) => {
  t.deepEqual(await csrf.compile({}, siteOf({ method: 'GET' }), {} as never), {})
  const { steps } = await csrf.compile({}, siteOf({ method: 'ANY' }), {} as never)
  t.is(steps?.length, 1)
})

test('tells of a refusal where there can be one', (t) => {
  const told = (block: CsrfBlock, method: string) => csrf.describe?.(block, siteOf({ method })).refusals
  t.deepEqual(told({}, 'POST'), ['csrf_rejected'])
  t.deepEqual(told({}, 'GET'), [])
  t.deepEqual(told('off', 'POST'), [])
})

test('accepts exact origins, and no other option', (t) => {
  const shape = compileSchema(csrf.schema)
  for (const block of [{}, { origins: [listed] }]) t.is(shape.check(block).errors, undefined)
  for (const block of [{ origins: [] }, { origins: '*' }, { tokens: true }, { origins: [1] }, null, true])
    t.true((shape.check(block).errors?.length ?? 0) > 0, JSON.stringify(block))
})
