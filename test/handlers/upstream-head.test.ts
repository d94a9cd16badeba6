import type { IncomingHttpHeaders } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Principal } from '../../src/core/principal.ts'
import { fieldText, fieldWord } from '../../src/handlers/upstream/field-text.ts'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { newKeyText } from '../../src/services/accounts/api-keys/key-text.ts'
import { type GateOptions, having, openGate, openUpstream, type Sent } from './gate.ts'

const alice: Principal = {
  id: 'u1',
  issuer: 'https://login.example/',
  scopes: ['a:read', 'b'],
  roles: ['admin', 'Store Manager'],
  claims: { tenant: 'acme', odd: 'Zürich\r\nX-Evil: 1', list: ['a', 'b c'] },
}
const as = (principal: Principal): GateOptions => having({ principal })

/** What the upstream is told, for a request with these headers. */
async function told(
  t: ExecutionContext,
  sent: Sent,
  options: GateOptions & { readonly block?: object } = {},
): Promise<IncomingHttpHeaders> {
  const url = await openUpstream(t, (req, res) => res.end(JSON.stringify(req.headers)))
  const gate = await openGate(t, [upstream, { url, ...options.block }], options)
  return JSON.parse((await gate.send(sent)).body)
}

test('names the upstream as the host, and keeps the public one in X-Forwarded-Host', async (t) => {
  const url = await openUpstream(t, (req, res) => res.end(JSON.stringify(req.headers)))
  const gate = await openGate(t, [upstream, url])
  const headers = JSON.parse((await gate.send({ headers: { Host: 'Shop.Example:8443' } })).body)
  t.is(headers.host, url.slice('http://'.length))
  t.is(headers['x-forwarded-host'], 'Shop.Example:8443')
  t.is(headers['x-forwarded-for'], '127.0.0.1')
  t.is(headers['x-forwarded-proto'], 'http')
})

test('passes the other headers on as they are', async (t) => {
  const headers = await told(t, {
    headers: {
      Accept: 'text/html',
      Cookie: 'a=1; b=2',
      'X-Any': 'caf\xe9',
      'Accept-Encoding': 'br',
      Range: 'bytes=0-1',
      Authorization: 'Basic x',
    },
  })
  t.is(headers.accept, 'text/html')
  t.is(headers.cookie, 'a=1; b=2')
  t.is(headers['x-any'], 'caf\xe9')
  t.is(headers['accept-encoding'], 'br')
  t.is(headers.range, 'bytes=0-1')
  t.is(headers.authorization, 'Basic x')
})

test('what holds an API key stays here: the field, the cookie, and no other; a mistyped key is none', async (t) => {
  const { text } = newKeyText()
  const typo = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
  const sent = {
    'X-Alone': text,
    'X-Within': `key="${text}", again`,
    'X-Joined': `a${text}b`,
    'X-Second': `${typo} ${text}`,
    'X-Rest': 'pk_live_',
    'X-Typo': typo,
    Authorization: `ApiKey ${text}`,
    Cookie: `a=1; key=${text}; b=2; ${text}=3`,
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    tracestate: `shop=${text}`,
  }
  const headers = await told(t, { headers: sent })
  t.false(JSON.stringify(headers).includes(text))
  t.like(headers, { cookie: 'a=1; b=2', 'x-rest': 'pk_live_', 'x-typo': typo, traceparent: sent.traceparent })
  for (const name of ['x-alone', 'x-within', 'x-joined', 'x-second', 'authorization', 'tracestate'])
    t.is(headers[name], undefined, name)
  t.is((await told(t, { headers: { Cookie: `key=${text}` } })).cookie, undefined)
  const forwarded = await told(t, { headers: sent }, { block: { forwardToken: true } })
  t.like(forwarded, { 'x-within': sent['X-Within'], cookie: sent.Cookie, tracestate: sent.tracestate })
})

for (const name of [
  ...[
    'X-User-Id',
    'x_user_id',
    'X_User-Id',
    'X-USER_ID',
    'x.user.id',
    'X-User-Issuer',
    'X_User_Issuer',
    'X-User-Scopes',
    'X_USER_SCOPES',
    'X-User-Roles',
    'x_user_roles',
  ],
  ...[
    'X-Forwarded-For',
    'X_Forwarded_For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'x_forwarded_host',
    'X-Forwarded-Prefix',
    'X-Forwarded-Port',
    'Forwarded',
    'X-Real-IP',
    'X_Real_IP',
  ],
  ...[
    'X-Request_Id',
    'X-HTTP-Method-Override',
    'X_Http_Method',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Proxy',
    'X-Tenant',
    'x_tenant',
  ],
]) {
  test(`never passes on what a client says in ${name}`, async (t) => {
    const block = { headers: { 'X-Tenant': '${user.claims.none}' } }
    const headers = await told(t, { headers: { [name]: 'spoofed' } }, { ...as(alice), block })
    t.false(JSON.stringify(headers).includes('spoofed'), JSON.stringify(headers))
  })
}

test('drops hop-by-hop fields and all that Connection names', async (t) => {
  const headers = await told(
    t,
    {
      headers: {
        Connection: 'close, X-Mine ,x-USER-id',
        'X-Mine': '1',
        'Keep-Alive': 'x',
        TE: 'trailers',
        'Proxy-Authorization': 'x',
        'Proxy-Connection': 'x',
        'HTTP2-Settings': 'x',
        Expect: '100-continue',
      },
    },
    as(alice),
  )
  for (const name of [
    'x-mine',
    'keep-alive',
    'te',
    'proxy-authorization',
    'proxy-connection',
    'http2-settings',
    'expect',
  ]) {
    t.is(headers[name], undefined, name)
  }
  t.is(headers['x-user-id'], 'u1')
})

test('says who calls', async (t) => {
  const headers = await told(t, {}, as(alice))
  t.is(headers['x-user-id'], 'u1')
  t.is(headers['x-user-issuer'], 'https://login.example/')
  t.is(headers['x-user-scopes'], 'a:read b')
  t.is(headers['x-user-roles'], 'admin Store%20Manager')
})

test('says nothing of a caller without a credential, nor of lists that are empty', async (t) => {
  t.false(Object.keys(await told(t, {})).some((name) => name.startsWith('x-user')))
  const bare = await told(t, {}, as({ ...alice, scopes: [], roles: [] }))
  t.false('x-user-scopes' in bare)
  t.false('x-user-roles' in bare)
})

test('writes an identity that is not ASCII so that it can be told from every other', async (t) => {
  const headers = await told(t, {}, as({ ...alice, id: 'żółw\r\nX-User-Roles: admin', issuer: 'a%41 b' }))
  t.is(headers['x-user-id'], '%C5%BC%C3%B3%C5%82w%0D%0AX-User-Roles:%20admin')
  t.is(headers['x-user-issuer'], 'a%2541%20b')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const word = fieldWord(text)
      return (
        /^[\x21-\x7e]*$/.test(word) && decodeURIComponent(word) === text && decodeURIComponent(fieldText(text)) === text
      )
    }),
  )
  t.is(fieldWord('\ud800'), '%EF%BF%BD')
})

test('keeps back the credential that was checked, unless the policy forwards it', async (t) => {
  const checked = having({ credentials: ['authorization'] })
  const sent = { headers: { Authorization: 'Bearer x', 'X-Api-Key': 'k' } }
  const kept = await told(t, sent, checked)
  t.is(kept.authorization, undefined)
  t.is(kept['x-api-key'], 'k')
  t.is((await told(t, sent, { ...checked, block: { forwardToken: true } })).authorization, 'Bearer x')
})

test('keeps back a bearer token that nobody asked for, and lets other schemes through', async (t) => {
  const sendWith = async (authorization: string, block = {}) =>
    (await told(t, { headers: { Authorization: authorization } }, { block })).authorization
  t.is(await sendWith('bEARER x'), undefined)
  t.is(await sendWith('Basic eDp5'), 'Basic eDp5')
  t.is(await sendWith('Bearer x', { forwardToken: true }), 'Bearer x')
})

test("sets the policy's own headers in place of the client's", async (t) => {
  const block = {
    headers: {
      Authorization: 'Basic c2VydmljZQ==',
      'X-Tenant': '${user.claims.tenant}',
      'X-Odd': '${user.claims.odd}',
      'X-List': '${user.claims.list}',
      'X-None': '${user.claims.none}',
      'X-From': 'gate ${ip}',
    },
  }
  const headers = await told(
    t,
    { headers: { Authorization: 'Bearer x', 'X-Tenant': 'evil', X_None: 'evil' } },
    { ...as(alice), block },
  )
  t.is(headers.authorization, 'Basic c2VydmljZQ==')
  t.is(headers['x-tenant'], 'acme')
  t.is(headers['x-odd'], 'Z%C3%BCrich%0D%0AX-Evil: 1')
  t.is(headers['x-list'], 'a b%20c')
  t.is(headers['x-from'], 'gate 127.0.0.1')
  t.false('x-none' in headers)
  t.false('x_none' in headers)
  t.false('x-evil' in headers)
})

test('keeps a valid request id and trace, and makes what is missing or malformed', async (t) => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const kept = await told(t, { headers: { 'X-Request-Id': 'abc-1', traceparent: trace, tracestate: 'a=1' } })
  t.like(kept, { 'x-request-id': 'abc-1', traceparent: trace, tracestate: 'a=1' })
  for (const bad of [
    undefined,
    'x',
    trace.toUpperCase(),
    `ff${trace.slice(2)}`,
    trace.replace(/b7.*31/, '0'.repeat(16)),
    `${trace}, ${trace}`,
  ]) {
    const made = await told(t, { headers: { tracestate: 'a=1', ...(bad && { traceparent: bad }) } })
    t.regex(made.traceparent as string, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    t.not(made.traceparent, bad)
    t.is(made.tracestate, undefined)
    t.regex(made['x-request-id'] as string, /^[\w-]{8,}$/)
  }
})
