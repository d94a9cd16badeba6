/** What handlers, replies and the app around the gate say on their answers: no weaker than the policy, as with upstreams. */

import test from 'ava'
import type { Context } from 'koa'
import { openGate } from '../helpers/gate.ts'
import { openApp } from './app.ts'

const block = `
  authenticate: public
  headers: { cookies: { httpOnly: true, sameSite: lax, secure: true, hostOnly: true, readable: [XSRF-TOKEN] } }`

const weak = {
  'X-Frame-Options': 'ALLOWALL',
  'X-Content-Type-Options': 'none',
  'Content-Security-Policy': 'default-src *',
  'Strict-Transport-Security': 'max-age=0',
  Server: 'tell-tale',
  'X-Generator': 'tell-tale',
  'X-Powered-By': 'tell-tale',
  'Alt-Svc': 'h3=":443"',
}
const cookies = ['sid=1; Domain=example', 'XSRF-TOKEN=2; SameSite=None', '=nameless', 'ad=3; SameSite=Strict; HttpOnly']
const kept = [
  'sid=1; SameSite=Lax; Secure; HttpOnly',
  'XSRF-TOKEN=2; SameSite=Lax; Secure',
  'ad=3; SameSite=Strict; HttpOnly; Secure',
]
const strong = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src *, default-src 'none';frame-ancestors 'none'",
}
const gone = ['strict-transport-security', 'server', 'x-generator', 'x-powered-by', 'alt-svc']

test('a handler in this process', async (t) => {
  const gate = await openGate({
    'api.yaml': `defaults:${block}\nroutes:\n  GET /: { handler: './code.js#weak' }\n`,
    'code.js': `export const weak = (ctx) => {
      ctx.set(${JSON.stringify(weak)})
      ctx.set('Set-Cookie', ${JSON.stringify(cookies)})
      ctx.body = 'ok'
    }`,
  })
  t.teardown(gate.close)
  const { headers, body } = await gate.call('GET', '/')
  t.is(body, 'ok')
  t.like(headers, { ...strong, 'set-cookie': kept })
  for (const name of gone) t.is(headers[name], undefined, name)
})

test('a fixed reply', async (t) => {
  const reply = `{ headers: { X-Frame-Options: ALLOWALL, Set-Cookie: 'sid=1; Domain=example' } }`
  const gate = await openGate({ 'api.yaml': `defaults:${block}\nroutes:\n  GET /: { reply: ${reply} }\n` })
  t.teardown(gate.close)
  const { headers } = await gate.call('GET', '/')
  t.like(headers, { 'x-frame-options': 'DENY', 'set-cookie': [kept[0]] })
})

/** Through Koa, and past it. */
const ways: Readonly<Record<string, (ctx: Context) => void>> = {
  context: (ctx) => {
    ctx.set(weak)
    ctx.set('Set-Cookie', cookies)
    ctx.body = 'ok'
  },
  response: (ctx) => {
    ctx.respond = false
    ctx.res.writeHead(200, { ...weak, 'Set-Cookie': cookies })
    ctx.res.end('ok')
  },
}
for (const [way, answer] of Object.entries(ways)) {
  test(`the app around the gate, by its ${way}`, async (t) => {
    const policies = `defaults:${block}\nroutes:\n  ANY /*rest: { handler: next }\n`
    const { send } = await openApp(t, { policies, behind: [answer] })
    const { headers, body } = await send({ path: '/a' })
    t.is(body, 'ok')
    t.like(headers, { ...strong, 'set-cookie': kept })
    for (const name of gone) t.is(headers[name], undefined, name)
  })
}
