/** Accounts of this server over real HTTP: login, refresh, logout, and what of them is on record. */

import { readFileSync } from 'node:fs'
import test from 'ava'
import type { Reply } from '../helpers/gate.ts'
import { SecretSearch } from '../helpers/secret-search.ts'
import { claimsOf, codeOf, get, logIn, openOn, openSite, password, post, username } from './shop.ts'

test('an account logs in, is known by its token, and goes on by its refresh token', async (t) => {
  const { gate, records } = await openSite(t)
  const answer = await logIn(gate)
  t.is(answer.status, 200, answer.body)
  t.is(answer.headers['cache-control'], 'no-store')
  const tokens = JSON.parse(answer.body)
  t.like(tokens, { token_type: 'Bearer', expires_in: 600, scope: 'orders:read' })
  const claims = claimsOf(tokens.access_token)
  t.like(claims, {
    iss: 'urn:portcullis:shop',
    aud: 'shop-api',
    plan: 'pro',
    roles: ['customer'],
    scope: 'orders:read',
  })
  t.not(claims.sid, 'forged')
  t.is(claims.exp, claims.iat + 600)
  const me = await get(gate, '/me', tokens.access_token)
  t.deepEqual(JSON.parse(me.body), { id: claims.sub, username, scopes: ['orders:read'], roles: ['customer'] })
  t.is((await get(gate, '/orders', tokens.access_token)).status, 200)
  const again = await post(gate, '/refresh', { refresh_token: tokens.refresh_token })
  t.is(again.status, 200)
  const next = JSON.parse(again.body)
  t.not(next.refresh_token, tokens.refresh_token)
  t.is(claimsOf(next.access_token).sid, claims.sid)
  const said = records.map(({ event, outcome, principal }) => ({ event, outcome, principal }))
  const principal = { issuer: 'urn:portcullis:shop', id: claims.sub }
  t.deepEqual(said, [
    { event: 'auth.login', outcome: 'allowed', principal },
    { event: 'auth.refreshed', outcome: 'allowed', principal },
  ])
  const keys = await gate.call('GET', '/jwks.json')
  t.regex(keys.headers['cache-control'] ?? '', /^public, max-age=\d+$/)
  const [key] = JSON.parse(keys.body).keys
  t.like(key, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
  t.is(key.d, undefined)
})

test('an unknown name, a wrong password and a password of no shape get one answer, and failures lock names alike', async (t) => {
  const { gate, records } = await openSite(t)
  const wrong = { username, password: 'wrong wrong wrong wrong' }
  const answers = [
    await post(gate, '/login', wrong),
    await post(gate, '/login', { ...wrong, username: 'nobody' }),
    await post(gate, '/login', { username, password: 'x'.repeat(100) }),
  ]
  const shown = answers.map(({ status, body, headers }) => {
    const { requestId: _, ...rest } = JSON.parse(body)
    return { status, rest, authenticate: headers['www-authenticate'] }
  })
  for (const each of shown) t.deepEqual(each, shown[0])
  t.like(shown[0], { status: 401, rest: { code: 'credentials_invalid' }, authenticate: 'Bearer' })
  t.true(records.every(({ event, principal }) => event === 'auth.failed' && principal === undefined))
  for (const name of [username, 'nobody']) {
    let last: Reply | undefined
    for (let tries = 0; tries < 8 && last?.status !== 423; tries++)
      last = await post(gate, '/login', { username: name, password: 'x'.repeat(100) })
    if (last === undefined) return t.fail()
    t.is(codeOf(last), 'account_locked')
    t.true(Number(last.headers['retry-after']) >= 1)
  }
  t.is((await logIn(gate)).status, 423)
})

test('a spent refresh token ends its session, and the access tokens of it', async (t) => {
  const { gate, records } = await openSite(t)
  const other = JSON.parse((await logIn(gate)).body)
  const first = JSON.parse((await logIn(gate)).body)
  const second = JSON.parse((await post(gate, '/refresh', first)).body)
  t.is(second.code, 'input_invalid', 'the body is closed')
  const use = async (token: string) => post(gate, '/refresh', { refresh_token: token })
  const next = JSON.parse((await use(first.refresh_token)).body)
  const last = JSON.parse((await use(next.refresh_token)).body)
  const reused = await use(first.refresh_token)
  t.is(reused.status, 401)
  t.is(codeOf(reused), 'token_invalid')
  t.is(codeOf(await use(last.refresh_token)), 'token_invalid')
  for (const { access_token } of [first, next, last])
    t.is(codeOf(await get(gate, '/me', access_token)), 'token_invalid')
  t.is((await get(gate, '/me', other.access_token)).status, 200)
  const { sid, sub } = claimsOf(first.access_token)
  t.like(
    records.find(({ event }) => event === 'auth.reused'),
    {
      outcome: 'denied',
      reason: 'token_invalid',
      principal: { id: sub },
      details: { session: sid, because: 'reused' },
    },
  )
  t.truthy(records.find(({ event }) => event === 'auth.revoked'))
})

test('of 50 who use one refresh token at once over two gates, all get the same successor', async (t) => {
  const { gate, file } = await openSite(t)
  const { gate: second } = await openOn(t, file)
  const { refresh_token } = JSON.parse((await logIn(gate)).body)
  const used = await Promise.all(
    Array.from({ length: 50 }, (_, at) => post(at % 2 ? gate : second, '/refresh', { refresh_token })),
  )
  const good = used.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body).refresh_token)
  t.true(good.length >= 1)
  t.is(new Set(good).size, 1)
})

test('logout ends this session or all of them, and nobody else can', async (t) => {
  const { gate, records } = await openSite(t)
  const [one, two, three] = [await logIn(gate), await logIn(gate), await logIn(gate)].map(({ body }) =>
    JSON.parse(body),
  )
  t.is((await post(gate, '/logout', {}, one.access_token)).status, 204)
  t.is(codeOf(await get(gate, '/me', one.access_token)), 'token_invalid')
  t.is(codeOf(await post(gate, '/refresh', { refresh_token: one.refresh_token })), 'token_invalid')
  t.is((await get(gate, '/me', two.access_token)).status, 200)
  t.is((await post(gate, '/logout', { all: true }, two.access_token)).status, 204)
  for (const { access_token } of [two, three]) t.is(codeOf(await get(gate, '/me', access_token)), 'token_invalid')
  t.is(codeOf(await post(gate, '/refresh', { refresh_token: three.refresh_token })), 'token_invalid')
  t.is(codeOf(await post(gate, '/logout', {})), 'token_missing')
  t.is(records.filter(({ event }) => event === 'auth.logout').length, 2)
})

test('neither records nor the database hold a password or a token', async (t) => {
  const { gate, records, folder, file } = await openSite(t)
  const tokens = JSON.parse((await logIn(gate)).body)
  const next = JSON.parse((await post(gate, '/refresh', { refresh_token: tokens.refresh_token })).body)
  await post(gate, '/login', { username, password: `${password}!` })
  const [{ access_token: access, refresh_token: refresh }, successor] = [tokens, next.refresh_token]
  const search = new SecretSearch().knowAll({ password, access, refresh, successor })
  t.deepEqual(search.look('records', JSON.stringify(records)).lookBelow(folder).found, [])
  t.true(search.searched > 10_000)
  t.false(JSON.stringify(records).includes(username) || readFileSync(file).includes(username))
})

test('a password is changed by whoever knows it, to a good one, and other sessions end', async (t) => {
  const { gate, records } = await openSite(t)
  const [here, there] = [await logIn(gate), await logIn(gate)].map(({ body }) => JSON.parse(body))
  const change = (current: string, wanted: string) =>
    post(gate, '/password', { current, new: wanted }, here.access_token)
  const better = 'eleven calm herons wade'
  t.is(codeOf(await change('wrong wrong wrong wrong', better)), 'credentials_invalid')
  const weak = await change(password, 'short')
  t.is(weak.status, 422)
  const [detail] = JSON.parse(weak.body).details
  t.like(detail, { in: 'body', path: '/new', rule: 'too_short', message: 'has fewer than 15 characters' })
  t.false(weak.body.includes('"short"'))
  t.is((await change(password, better)).status, 204)
  t.is((await get(gate, '/me', here.access_token)).status, 200)
  t.is(codeOf(await get(gate, '/me', there.access_token)), 'token_invalid')
  t.is((await post(gate, '/refresh', { refresh_token: here.refresh_token })).status, 200)
  t.is(codeOf(await post(gate, '/refresh', { refresh_token: there.refresh_token })), 'token_invalid')
  t.is((await logIn(gate)).status, 401)
  t.is((await post(gate, '/login', { username, password: better })).status, 200)
  t.like(
    records.find(({ event }) => event === 'auth.password'),
    { outcome: 'allowed', details: { sessions: 1 } },
  )
  for (const secret of [password, better]) t.false(JSON.stringify(records).includes(secret))
})
