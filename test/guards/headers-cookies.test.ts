/** The cookies that a destination sets, over real HTTP: with the attributes that the policy says. */

import test, { type ExecutionContext } from 'ava'
import type { CookiesBlock } from '../../src/guards/headers/cookies.ts'
import { headers } from '../../src/guards/headers/headers.ts'
import { forgetSession } from '../../src/services/identity/session-cookie.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'

const inTls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }

interface Asked {
  readonly block?: CookiesBlock
  readonly sent?: Readonly<Record<string, string>>
}

/** The cookies that a client gets where the destination sets these, and what was logged. */
async function kept(t: ExecutionContext, cookies: readonly string[], { block, sent = {} }: Asked = {}) {
  const logged: object[] = []
  const services = { log: { warn: (entry: object) => void logged.push(entry) } } as never
  const plan = await headers.compile(block === undefined ? 'api' : { cookies: block }, siteOf(), services)
  const said = cookies.flatMap((cookie) => ['Set-Cookie', cookie])
  const send = await hostGuard(t, { plan, destination: () => ({ status: 200, headers: said }) })
  return { cookies: (await send({ headers: sent })).headers['set-cookie'] ?? [], logged }
}

test('under TLS every cookie is `Secure`, in clear none is touched', async (t) => {
  const cookies = ['a=1; Path=/', 'b=2; secure', 'c=3;SECURE=no', 'd', 'e=;Secure\u00a0', '__Host-x=1; Path=/']
  t.deepEqual((await kept(t, cookies)).cookies, cookies)
  const { cookies: got, logged } = await kept(t, cookies, { sent: inTls })
  t.deepEqual(got, [
    'a=1; Path=/; Secure',
    'b=2; secure',
    'c=3;SECURE=no',
    'e=;Secure\u00a0; Secure',
    '__Host-x=1; Path=/; Secure',
  ])
  t.deepEqual(logged, [{ file: 'test.yaml', line: 1, why: 'a cookie without a name' }])
})

test('`secure` holds in clear too', async (t) => {
  t.deepEqual((await kept(t, ['a=1'], { block: { secure: true } })).cookies, ['a=1; Secure'])
})

test('`httpOnly` keeps scripts away from all but the readable', async (t) => {
  const block: CookiesBlock = { httpOnly: true, readable: ['XSRF-TOKEN'] }
  const cookies = [
    'sid=1',
    'sid=2; httponly',
    'XSRF-TOKEN=3',
    ' XSRF-TOKEN\t=4',
    'xsrf-token=5',
    'HttpOnly=6; HttpOnlyx',
  ]
  t.deepEqual((await kept(t, cookies, { block })).cookies, [
    'sid=1; HttpOnly',
    'sid=2; httponly',
    'XSRF-TOKEN=3',
    'XSRF-TOKEN\t=4',
    'xsrf-token=5; HttpOnly',
    'HttpOnly=6; HttpOnlyx; HttpOnly',
  ])
})

test('`sameSite` is the least that holds', async (t) => {
  const cookies = [
    'a=1',
    'a=2; samesite=none',
    'a=3; SameSite=Strict',
    'a=4; SameSite=Strict; SameSite=None; Path=/',
    'a=5; SameSite',
    'a=6; SameSite = lax',
    'a=7; SameSite=Lax\u00a0',
  ]
  t.deepEqual((await kept(t, cookies, { block: { sameSite: 'lax' } })).cookies, [
    'a=1; SameSite=Lax',
    'a=2; SameSite=Lax',
    'a=3; SameSite=Strict',
    'a=4; Path=/; SameSite=Lax',
    'a=5; SameSite=Lax',
    'a=6; SameSite = lax',
    'a=7; SameSite=Lax',
  ])
  t.deepEqual((await kept(t, ['a=1; SameSite=Lax'], { block: { sameSite: 'strict' } })).cookies, [
    'a=1; SameSite=Strict',
  ])
})

test('`hostOnly` takes every `Domain` away', async (t) => {
  const cookies = ['a=1; Domain=example; Path=/;domain =.shop.example', 'b=Domain=x; Domainx=1']
  t.deepEqual((await kept(t, cookies, { block: { hostOnly: true } })).cookies, ['a=1; Path=/', 'b=Domain=x; Domainx=1'])
})

test('`allow` lets through what it names, and tells once of what it drops', async (t) => {
  const { cookies, logged } = await kept(t, ['sid=1', 'ad=2', 'SID=3', 'x', '=sid', 'ad2=4'], {
    block: { allow: ['sid'] },
  })
  t.deepEqual(cookies, ['sid=1'])
  t.deepEqual(
    logged.map((entry) => 'why' in entry && entry.why),
    ['a cookie that `allow` does not name', 'a cookie without a name'],
  )
  t.deepEqual((await kept(t, ['sid=1'], { block: { allow: [] } })).cookies, [])
})

test('the session that this server keeps is left alone', async (t) => {
  const block: CookiesBlock = { allow: [], sameSite: 'strict', httpOnly: true, secure: true }
  t.deepEqual((await kept(t, [forgetSession], { block, sent: inTls })).cookies, [forgetSession])
})

test('finds what is said of cookies and holds of none', (t) => {
  const faultsOf = (cookies: CookiesBlock, remove?: string[]) =>
    headers
      .check?.({ cookies, ...(remove && { remove }) }, siteOf())
      .map(({ rule, path }) => `${rule} ${path.join('.')}`)
  t.deepEqual(faultsOf({ readable: ['a'] }), ['headers/idle-cookies cookies.readable'])
  t.deepEqual(faultsOf({ httpOnly: false, readable: ['a'] }), ['headers/idle-cookies cookies.readable'])
  t.deepEqual(faultsOf({ httpOnly: true, readable: ['a', 'b'], allow: ['a'] }), [
    'headers/idle-cookies cookies.readable.1',
  ])
  t.deepEqual(faultsOf({ secure: true }, ['SET-cookie']), ['headers/idle-cookies cookies'])
  t.deepEqual(faultsOf({ httpOnly: true, readable: ['a'], allow: ['a'], sameSite: 'lax' }, ['Server']), [])
})
