/** Sessions by cookie over real HTTP: login, calls, renewal, logout, and what can be sent in place of a cookie. */

import test from 'ava'
import { until } from '../helpers/until.ts'
import { Browser, codeOf, cookieName, openBrowserSite, password, username } from './browser-site.ts'

const forgotten = `${cookieName}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`

test('a browser logs in, is known by its cookie, and logs out', async (t) => {
  const { open, records } = await openBrowserSite(t)
  const browser = open()
  const answer = await browser.logIn()
  t.is(answer.status, 200, answer.body)
  t.deepEqual(JSON.parse(answer.body), { expires_in: 14 * 86_400 })
  t.is(answer.headers['cache-control'], 'no-store')
  const [line = '', ...others] = answer.headers['set-cookie'] ?? []
  t.deepEqual(others, [])
  t.regex(line, /^__Host-session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const me = await browser.get('/me')
  t.like(JSON.parse(me.body), { username, scopes: ['orders:read'], roles: ['customer'] })
  t.is(me.headers['set-cookie'], undefined)
  t.is((await browser.get('/orders')).status, 200)
  t.is((await browser.call('POST', '/orders')).status, 201)
  const kept = browser.session ?? ''
  const out = await browser.call('POST', '/logout')
  t.is(out.status, 204)
  t.deepEqual(out.headers['set-cookie'], [forgotten])
  t.is(browser.session, undefined)
  t.is(codeOf(await browser.get('/me')), 'credential_missing')
  browser.jar.set(cookieName, kept)
  const late = await browser.get('/me')
  t.is(codeOf(late), 'credential_invalid')
  t.deepEqual(late.headers['set-cookie'], [forgotten])
  const events = records.map(({ event }) => event)
  t.true(events.includes('auth.login') && events.includes('auth.logout'))
  t.false(JSON.stringify(records).includes(kept))
})

test('says what is missing, by which a client learns of the cookie', async (t) => {
  const { open } = await openBrowserSite(t)
  const missing = await open().get('/me')
  t.is(missing.status, 401)
  t.is(missing.headers['www-authenticate'], 'Cookie cookie-name="__Host-session"')
  t.is(missing.headers['set-cookie'], undefined)
  const both = await open().call('POST', '/both')
  t.is(both.headers['www-authenticate'], 'Cookie cookie-name="__Host-session", Bearer')
  t.is(codeOf(both), 'token_missing')
  t.is((await open().call('POST', '/anyone')).status, 201)
})

test('takes no other cookie for a session', async (t) => {
  const { open, gate } = await openBrowserSite(t)
  const browser = open()
  await browser.logIn()
  const token = browser.session ?? ''
  const send = (cookie: string) => gate.call('GET', '/me', { headers: { cookie } })
  const missing = [
    `session=${token}`,
    `__host-session=${token}`,
    `__Secure-session=${token}`,
    `x${cookieName}=${token}`,
  ]
  for (const cookie of [...missing, '', ';', cookieName, `=${cookieName}=${token}`])
    t.is(codeOf(await send(cookie)), 'credential_missing', cookie)
  const bad = [
    '',
    'x',
    `"${token}"`,
    `${token}=`,
    ` ${token} x`,
    token.slice(1),
    'A'.repeat(43),
    'A'.repeat(9_000),
    'é',
  ]
  for (const value of bad) {
    const answer = await send(`${cookieName}=${value}`)
    t.is(codeOf(answer), 'credential_invalid', value)
    t.deepEqual(answer.headers['set-cookie'], [forgotten], value)
  }
  const twice = await send(`${cookieName}=${token}; ${cookieName}=${'A'.repeat(43)}`)
  t.is(codeOf(twice), 'credential_invalid')
  t.is(twice.headers['set-cookie'], undefined)
  t.is(codeOf(await send(`${cookieName}=${token}; ${cookieName}=${token}`)), 'credential_invalid')
  t.is((await send(`other="; x=${cookieName}; ${cookieName}=${token} ; last=1`)).status, 200)
  t.is(codeOf(await gate.call('GET', '/me', { headers: { authorization: `Bearer ${token}` } })), 'credential_missing')
})

test('tokens of programs are no sessions of browsers, nor the other way round', async (t) => {
  const { open, gate, records } = await openBrowserSite(t)
  const json = { 'content-type': 'application/json' }
  const post = (path: string, body: object) => gate.call('POST', path, { headers: json, body: JSON.stringify(body) })
  const tokens = JSON.parse((await post('/token', { username, password })).body)
  for (const token of [tokens.refresh_token, tokens.access_token]) {
    const browser = open()
    browser.jar.set(cookieName, token)
    t.is(codeOf(await browser.get('/me')), 'credential_invalid')
  }
  t.is((await post('/refresh', { refresh_token: tokens.refresh_token })).status, 200)
  const browser = open()
  await browser.logIn()
  t.is(codeOf(await post('/refresh', { refresh_token: browser.session })), 'token_invalid')
  t.is(codeOf(await browser.get('/me')), 'credential_invalid')
  t.like(
    records.find(({ event }) => event === 'auth.reused'),
    { details: { because: 'client' } },
  )
})

test('goes on by itself when its access token ends, for all requests at once', async (t) => {
  const { open, file } = await openBrowserSite(t, { times: 'refreshTtl: 30d, accessTtl: 1s' })
  const second = await openBrowserSite(t, { file, times: 'refreshTtl: 30d, accessTtl: 1s' })
  const browser = open()
  await browser.logIn()
  const elsewhere = new Browser(second.gate)
  elsewhere.jar.set(cookieName, browser.session ?? '')
  const ends = Date.now() + 4_000
  await until(async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? browser : elsewhere).get('/orders')),
    )
    for (const { status, headers } of answers) t.deepEqual([status, headers['set-cookie']], [200, undefined])
    return Date.now() > ends
  })
})

test('another login of a browser is another session, and the one before ends', async (t) => {
  const { open, records } = await openBrowserSite(t)
  const [browser, other] = [open(), open()]
  await browser.logIn()
  await other.logIn()
  const before = browser.session ?? ''
  t.is((await browser.logIn('wrong wrong wrong wrong')).status, 401)
  t.is((await browser.get('/me')).status, 200)
  await browser.logIn()
  t.not(browser.session, before)
  t.is((await browser.get('/me')).status, 200)
  t.is((await other.get('/me')).status, 200)
  browser.jar.set(cookieName, before)
  t.is(codeOf(await browser.get('/me')), 'credential_invalid')
  t.truthy(records.find(({ event }) => event === 'auth.revoked'))
})

test('a session that was planted is not the one that a login begins', async (t) => {
  const { open } = await openBrowserSite(t)
  const browser = open()
  const planted = 'A'.repeat(43)
  browser.jar.set(cookieName, planted)
  t.is((await browser.logIn()).status, 200)
  t.not(browser.session, planted)
})

test('a change of the password ends all sessions but this one', async (t) => {
  const { open } = await openBrowserSite(t)
  const [here, there] = [open(), open()]
  await here.logIn()
  await there.logIn()
  const body = { current: password, new: 'eleven calm herons wade' }
  t.is((await here.call('POST', '/password', { body })).status, 204)
  t.is((await here.get('/me')).status, 200)
  t.is(codeOf(await there.get('/me')), 'credential_invalid')
  t.is(there.session, undefined)
})

test('all sessions of the account end by one logout, and on other nodes with them', async (t) => {
  const { open, file } = await openBrowserSite(t)
  const { gate } = await openBrowserSite(t, { file })
  const [here, there, far] = [open(), open(), new Browser(gate)]
  for (const browser of [here, there, far]) await browser.logIn()
  t.is((await here.call('POST', '/logout', { body: { all: true } })).status, 204)
  t.is(codeOf(await there.get('/me')), 'credential_invalid')
  t.is(codeOf(await far.get('/me')), 'credential_invalid')
})

test('asks for a login of late where the route says so', async (t) => {
  const { open } = await openBrowserSite(t)
  const browser = open()
  await browser.logIn()
  await until(async () => codeOf(await browser.get('/fresh')) === 'step_up_required')
  t.is((await browser.get('/me')).status, 200)
})

test('the cookie stays here, and others go on, also where nobody asked for it', async (t) => {
  const { open } = await openBrowserSite(t)
  const browser = open()
  await browser.logIn()
  browser.jar.set('lang', '"en"')
  for (const path of ['/up', '/open']) t.is(JSON.parse((await browser.get(path)).body).cookie, 'lang="en"', path)
  browser.jar.delete('lang')
  for (const path of ['/up', '/open']) t.is(JSON.parse((await browser.get(path)).body).cookie, undefined, path)
})

test('pages of other sites change nothing, and log nobody in', async (t) => {
  const { open, records } = await openBrowserSite(t)
  const browser = open()
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const body = { username, password }
  const forced = await browser.call('POST', '/login', { body, headers: foreign })
  t.is(codeOf(forced), 'csrf_rejected')
  t.is(forced.headers['set-cookie'], undefined)
  await browser.logIn()
  for (const path of ['/orders', '/logout', '/both', '/anyone'])
    t.is(codeOf(await browser.call('POST', path, { headers: foreign })), 'csrf_rejected', path)
  t.is((await browser.get('/me')).status, 200)
  t.is((await browser.call('GET', '/orders', { headers: foreign })).status, 200)
  const nobody = open()
  t.is((await nobody.call('POST', '/anyone', { headers: foreign })).status, 201)
  t.true(records.some(({ reason }) => reason === 'csrf_rejected'))
})

test('a program beside the browser sends its token, and nobody asks whose page it is', async (t) => {
  const { gate, open } = await openBrowserSite(t)
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username, password })
  const { access_token: token } = JSON.parse((await gate.call('POST', '/token', { headers: json, body })).body)
  const authorization = `Bearer ${token}`
  t.is((await gate.call('POST', '/both', { headers: { authorization } })).status, 201)
  const browser = open()
  await browser.logIn()
  const headers = { authorization, 'sec-fetch-site': 'cross-site' }
  t.is(codeOf(await browser.call('POST', '/both', { headers })), 'csrf_rejected')
})
