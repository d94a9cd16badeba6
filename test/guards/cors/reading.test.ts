/** What pages of listed origins read, and how: plain calls, asked-for ones, with cookies and with tokens; refusals as well. */

import test, { type ExecutionContext } from 'ava'
import { patience } from '../../helpers/chromium.ts'
import { password, username } from './shop.ts'
import { call, codeOf, gate, openPage, openStage, type Stage } from './stage.ts'

const closing: (() => unknown)[] = []
let stage: Stage
test.before(async (t) => {
  t.timeout(3 * patience)
  stage = await openStage({ teardown: (close) => void closing.push(close) })
})
test.after.always(async () => {
  for (const close of closing.reverse()) await close()
})

const open = async (t: ExecutionContext, origin: string) => openPage(await stage.newContext(t), origin)
const json = { 'content-type': 'application/json' }
const usual = ['etag', 'link', 'ratelimit', 'ratelimit-policy', 'x-ratelimit-limit', 'x-ratelimit-remaining']
const exposed = [...usual, 'x-ratelimit-reset', 'x-request-id']

test('a listed page calls, and is answered, by every method and with the headers that are listed', async (t) => {
  const page = await open(t, 'https://shop.example')
  for (const [what, init] of Object.entries({
    'GET /?simple': {},
    'HEAD /?simple': { method: 'HEAD' },
    'POST /': { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' },
  }))
    t.is((await call(page, `${gate}${what.split(' ')[1]}`, init)).status, 200, what)
  for (const [what, init] of Object.entries({
    method: { method: 'PUT', body: 'a' },
    'another method': { method: 'DELETE' },
    header: { headers: { 'X-Shop': '1' } },
    'content type': { method: 'POST', headers: json, body: '{}' },
    'all of them': { method: 'PUT', headers: { ...json, 'X-Shop': '1' }, body: '{}' },
  }))
    t.is((await call(page, `${gate}/`, init)).status, 200, what)
})

test('a listed page reads the headers that are exposed, and no other', async (t) => {
  const page = await open(t, 'https://shop.example')
  const { headers } = await call(page, `${gate}/`)
  t.deepEqual(
    exposed.filter((name) => headers[name] === undefined),
    [],
  )
  t.is(headers['x-inner'], undefined)
  t.is(headers['x-own'], undefined)
})

test('a page of a direct subdomain reads under a wildcard, and one that came in clear where it is listed', async (t) => {
  const context = await stage.newContext(t)
  for (const origin of ['https://a.partner.example', 'https://xn--bcher-kva.partner.example', 'http://old.example']) {
    const page = await openPage(context, origin)
    t.is((await call(page, `${gate}/`)).status, 200, origin)
    t.is((await call(page, `${gate}/`, { method: 'PUT', headers: json, body: '{}' })).status, 200, origin)
  }
})

test('any page reads what is for anyone, a token with it, but never with cookies', async (t) => {
  const context = await stage.newContext(t)
  for (const origin of [
    'https://shop.example',
    'https://evil.example',
    'http://evil.example',
    'https://evil.example:8443',
  ]) {
    const page = await openPage(context, origin)
    const read = await call(page, `${gate}/anyone`, { headers: { Authorization: 'Bearer none' } })
    t.is(read.status, 200, origin)
    t.is(read.headers['x-own'], 'own')
    t.is(read.headers.etag, undefined)
    t.is((await call(page, `${gate}/anyone`, { credentials: 'include' })).status, 0, origin)
  }
})

test('a listed page logs in, and calls with the cookie; a page beside it with the same cookie reads nothing', async (t) => {
  const context = await stage.newContext(t)
  const page = await openPage(context, 'https://shop.example')
  const withCookies = { credentials: 'include' }
  const login = { ...withCookies, method: 'POST', headers: json, body: JSON.stringify({ username, password }) }
  t.is((await call(page, `${gate}/login`, login)).status, 200)
  t.is(JSON.parse((await call(page, `${gate}/me`, withCookies)).body).username, username)
  t.is((await call(page, `${gate}/me`, { credentials: 'omit' })).status, 401)
  t.is((await call(page, `${gate}/me`)).status, 401)
  t.is((await call(page, `${gate}/orders`, { ...withCookies, method: 'POST', headers: json, body: '{}' })).status, 200)
  const act = { ...withCookies, method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' }
  const listed = await openPage(context, 'https://www.shop.example')
  t.is(JSON.parse((await call(listed, `${gate}/me`, withCookies)).body).username, username)
  const refused = await call(listed, `${gate}/orders`, act)
  t.deepEqual([refused.status, codeOf(refused)], [403, 'csrf_rejected'])
  const acted = () => stage.service.asked.filter(({ what }) => what === 'POST /orders').length
  t.is(acted(), 1)
  for (const origin of ['https://blog.shop.example', 'https://shop.example:8443', 'http://shop.example']) {
    const near = await openPage(context, origin)
    t.is((await call(near, `${gate}/me`, withCookies)).status, 0, origin)
    t.is((await call(near, `${gate}/orders`, act)).status, 0, origin)
  }
  t.is(acted(), 1)
})

test('a listed page calls with a token, and reads what it may not do with it', async (t) => {
  const page = await open(t, 'https://shop.example')
  const withToken = { headers: { Authorization: `Bearer ${stage.token}` } }
  t.is((await call(page, `${gate}/token`, withToken)).status, 200)
  t.is((await call(page, `${gate}/token`, { ...withToken, credentials: 'include' })).status, 200)
  t.is(codeOf(await call(page, `${gate}/errors/forbidden`, withToken)), 'scope_missing')
  const other = await open(t, 'https://shop.example.evil')
  t.is((await call(other, `${gate}/token`, withToken)).status, 0)
})

const large = { method: 'POST', headers: json, body: JSON.stringify({ a: 'x'.repeat(1_000_000) }) }
const refusals: Readonly<Record<string, readonly [status: number, path: string, init?: object]>> = {
  request_malformed: [400, 'malformed', { method: 'POST', headers: json, body: '{' }],
  token_missing: [401, 'unknown'],
  token_invalid: [401, 'unknown', { headers: { Authorization: 'Bearer none' } }],
  not_found: [404, 'none'],
  method_not_allowed: [405, 'none', { method: 'POST' }],
  body_too_large: [413, 'large', large],
  media_type_unsupported: [415, 'large', { method: 'POST', body: 'a' }],
  input_invalid: [422, 'none?no=1'],
  rate_limited: [429, 'often'],
  internal_error: [500, 'fault'],
  upstream_failed: [502, 'broken'],
  upstream_timeout: [504, 'slow'],
}

test('listed pages read every refusal of a route, with what is exposed, and others read none', async (t) => {
  const context = await stage.newContext(t)
  const [page, other] = [
    await openPage(context, 'https://shop.example'),
    await openPage(context, 'https://evil.example'),
  ]
  t.is((await call(page, `${gate}/errors/often`)).status, 200)
  for (const [code, [status, path, init]] of Object.entries(refusals)) {
    const read = await call(page, `${gate}/errors/${path}`, init)
    t.deepEqual([read.status, codeOf(read)], [status, code])
    t.is(JSON.parse(read.body).requestId, read.headers['x-request-id'], code)
    if (code === 'rate_limited') t.true(Number(read.headers['retry-after']) > 3_500)
    if (code === 'rate_limited') t.is(read.headers['x-ratelimit-remaining'], '0')
    t.is((await call(other, `${gate}/errors/${path}`, init)).status, 0, code)
  }
  t.deepEqual(codeOf(await call(page, `${gate}/errors/streamed`, large)), 'body_too_large')
  t.is((await call(page, `${gate}/no-such-route`)).status, 0)
})
