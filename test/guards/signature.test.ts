/** Signed webhooks over real HTTP: the senders' own examples, what is forged, late or sent again, and bodies of any size. */

import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { prove } from '../../src/guards/authenticate/signature/prove.ts'
import { systemClock } from '../../src/services/clock.ts'
import { openUpstream } from '../handlers/gate.ts'
import { type Gate, openGate, type Reply } from '../helpers/gate.ts'
import { startRedis } from '../helpers/redis-server.ts'

const key = randomBytes(24).toString('hex')
const older = randomBytes(24).toString('hex')
const secrets: Readonly<Record<string, string>> = {
  HOOK: key,
  OLDER: older,
  GITHUB: "It's a Secret to Everybody",
  SLACK: '8f742231b10e8888abcd99yyyzzz85a5',
  STANDARD: 'base64:MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}
for (const [name, text] of Object.entries(secrets)) process.env[`PORTCULLIS_SECRET_SIGNATURE_${name}`] = text

const policies = (upstream: string) => ({
  'hooks.yaml': `
prefix: /hooks
upstream: ${upstream}
defaults:
  input: { body: any, maxBytes: 12mb }
routes:
  POST /github:
    authenticate: { signature: { header: X-Hub-Signature-256, prefix: 'sha256=', secret: '\${secret:signature-github}', name: github } }
  POST /stripe:
    authenticate: { signature: { header: Stripe-Signature, prefix: 'v1=', timestamp: { prefix: 't=' }, secret: ['\${secret:signature-hook}', '\${secret:signature-older}'] } }
  POST /slack:
    authenticate:
      signature:
        header: X-Slack-Signature
        prefix: 'v0='
        timestamp: X-Slack-Request-Timestamp
        signs: 'v0:{timestamp}:{body}'
        secret: '\${secret:signature-slack}'
  POST /standard:
    authenticate:
      signature:
        header: webhook-signature
        prefix: 'v1,'
        encoding: base64
        timestamp: webhook-timestamp
        id: webhook-id
        secret: '\${secret:signature-standard}'
  POST /shopify:
    authenticate: { signature: { header: X-Shopify-Hmac-Sha256, encoding: base64, secret: ['\${secret:signature-hook}', '\${secret:signature-older}'] } }
  POST /json:
    authenticate: { signature: { header: X-Signature, secret: '\${secret:signature-hook}' } }
    input: { body: { type: object, properties: { n: { type: integer } } }, maxBytes: 12mb }
  POST /small:
    authenticate: { signature: { header: X-Signature, secret: '\${secret:signature-hook}' } }
    input: { body: any, maxBytes: 1kb }
  POST /none:
    authenticate: { signature: { header: X-Signature, secret: '\${secret:signature-hook}' } }
    input: {}
  POST /handler:
    authenticate: { signature: { header: X-Signature, secret: '\${secret:signature-hook}' } }
    handler: ./handler.ts#echo
  POST /either:
    authenticate: [{ signature: { header: X-Signature, secret: '\${secret:signature-hook}' } }, public]
    rateLimit: [{ by: ip, limit: 5000, per: 1m }]
`,
  'handler.ts': `export const echo = (ctx) => { ctx.body = ctx.request.body }\n`,
})

/** A gate before an upstream that answers with what it got; its clock stands at a time where one is given. */
async function openHooks(t: ExecutionContext, at?: number, more: Readonly<Record<string, string>> = {}): Promise<Gate> {
  const upstream = await openUpstream(t, async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const { 'x-user-id': id = '', 'x-user-issuer': issuer = '' } = req.headers
    const told = Object.keys(req.headers).join(' ')
    res.writeHead(200, { 'X-Seen-Id': id, 'X-Seen-Issuer': issuer, 'X-Seen-Headers': told }).end(Buffer.concat(chunks))
  })
  const clock = { now: () => (at === undefined ? Date.now() : at * 1_000), monotonic: systemClock.monotonic }
  const gate = await openGate({ ...policies(upstream), ...more }, { world: { clock } })
  t.teardown(() => gate.close())
  return gate
}

/** Limits, and with them signatures that were seen, are kept in Redis. */
const shared = { 'settings.yaml': "settings: { state: '${env:PORTCULLIS_SIGNATURE_TEST_STATE}' }\n" }

const post = (gate: Gate, path: string, headers: Record<string, string>, body = ''): Promise<Reply> =>
  gate.call('POST', `/hooks/${path}`, { headers, body })
const codeOf = ({ body }: Reply): unknown => JSON.parse(body).code
const hex = (text: string, secret = key): string => createHmac('sha256', secret).update(text).digest('hex')
const base64 = (text: string, secret = key): string => createHmac('sha256', secret).update(text).digest('base64')

test("GitHub's example is admitted, under the name that the policy gives it, and its signature stays here", async (t) => {
  const gate = await openHooks(t)
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const answer = await post(gate, 'github', { 'X-Hub-Signature-256': signature }, 'Hello, World!')
  t.is(answer.status, 200, answer.body)
  t.is(answer.body, 'Hello, World!')
  t.is(answer.headers['x-seen-id'], 'github')
  t.is(answer.headers['x-seen-issuer'], 'urn:portcullis:signature')
  t.notRegex(String(answer.headers['x-seen-headers']), /x-hub-signature/)
  for (const wrong of ['Hello, World', 'Hello, World!\\n', ''])
    t.is(codeOf(await post(gate, 'github', { 'X-Hub-Signature-256': signature }, wrong)), 'credential_invalid')
})

test("Slack's example is admitted once, and for five minutes", async (t) => {
  const sent = 1_531_420_618
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const headers = {
    'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    'X-Slack-Request-Timestamp': `${sent}`,
  }
  const gate = await openHooks(t, sent + 300)
  const answer = await post(gate, 'slack', headers, body)
  t.is(answer.status, 200, answer.body)
  t.is(answer.headers['x-seen-id'], 'hooks/POST%20/hooks/slack')
  t.is(codeOf(await post(gate, 'slack', headers, body)), 'credential_invalid')
  for (const at of [sent + 301, sent - 301])
    t.is(codeOf(await post(await openHooks(t, at), 'slack', headers, body)), 'credential_invalid')
  t.is((await post(await openHooks(t, sent - 300), 'slack', headers, body)).status, 200)
})

test('the example of Standard Webhooks is admitted, among signatures of other keys and versions', async (t) => {
  const sent = 1_614_265_330
  const body = '{"test": 2432232314}'
  const right = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const of = (signature: string, id = 'msg_p5jXN8AQM9LWM0D4loKWxJek') => ({
    'webhook-id': id,
    'webhook-timestamp': `${sent}`,
    'webhook-signature': signature,
  })
  for (const signature of [right, `v1,${base64('x')} v1a,${base64('y')} ${right}`]) {
    const answer = await post(await openHooks(t, sent), 'standard', of(signature), body)
    t.is(answer.status, 200, answer.body)
  }
  const gate = await openHooks(t, sent)
  const unpadded = right.slice(0, -1)
  const stray = right.replace('OE=', 'OF=')
  for (const signature of [`v2,${right.slice(3)}`, right.slice(3), unpadded, stray, `${right},`, 'v1,', ''])
    t.is(codeOf(await post(gate, 'standard', of(signature), body)), 'credential_invalid', signature)
  for (const id of ['msg_other', '', 'a.b', 'x'.repeat(300)])
    t.is(codeOf(await post(gate, 'standard', of(right, id), body)), 'credential_invalid', id)
  t.is((await post(gate, 'standard', of(right), body)).status, 200)
})

test('Stripe: the time and the signatures stand in one header, in any order, and other versions are passed over', async (t) => {
  const gate = await openHooks(t)
  const body = '{"id":"evt_1"}'
  const now = Math.floor(Date.now() / 1_000)
  const right = (at: number) => hex(`${at}.${body}`)
  const other = hex('x')
  const good = [
    `t=${now},v1=${right(now)},v0=${other}`,
    `t=${now - 1}, v1=${other}, v1=${right(now - 1)}`,
    `v1=${right(now - 2).toUpperCase()},t=${now - 2}`,
  ]
  for (const header of good)
    t.is((await post(gate, 'stripe', { 'Stripe-Signature': header }, body)).status, 200, header)
  for (const header of good)
    t.is(codeOf(await post(gate, 'stripe', { 'Stripe-Signature': header }, body)), 'credential_invalid', 'again')
  const at = now - 3
  const bad = [
    `v1=${right(at)}`,
    `t=${at}`,
    `t=${at},v0=${right(at)}`,
    `t=${at},t=${at},v1=${right(at)}`,
    `t=${at}.0,v1=${right(at)}`,
    `t=+${at},v1=${right(at)}`,
    `t=0x5,v1=${right(at)}`,
    `t=${now - 400},v1=${right(now - 400)}`,
    `t=${now + 400},v1=${right(now + 400)}`,
    `t=${at},v1=${right(at).slice(1)}`,
    `t=${at},v1=${right(at)}0`,
    `t=${at}${`,v1=${other}`.repeat(16)},v1=${right(at)}`,
    `t=${at + 1},v1=${right(at)}`,
    'undefined',
    ',',
    '',
  ]
  for (const header of bad)
    t.is(codeOf(await post(gate, 'stripe', { 'Stripe-Signature': header }, body)), 'credential_invalid', header)
  t.is((await post(gate, 'stripe', { 'Stripe-Signature': `t=${at},v1=${right(at)}` }, body)).status, 200)
})

test('a request that is signed with two keys is admitted once, whichever of its signatures comes again', async (t) => {
  const gate = await openHooks(t)
  const at = Math.floor(Date.now() / 1_000)
  const [one, two] = [`v1=${hex(`${at}.{}`)}`, `v1=${hex(`${at}.{}`, older)}`]
  const send = async (signatures: string) =>
    (await post(gate, 'stripe', { 'Stripe-Signature': `t=${at},${signatures}` }, '{}')).status
  t.is(await send(`${one},${two}`), 200)
  for (const again of [one, two, `${two},${one}`]) t.is(await send(again), 401)
})

test('what is remembered of a request are its signatures by all keys, so that it is known while keys change', async (t) => {
  const keys = [key, older].map((text) => createSecretKey(Buffer.from(text)))
  const claim = (text: string) => ({
    pieces: [{ part: 'body' } as const],
    claimed: { signatures: [Buffer.from(hex('{}', text), 'hex')], timestamp: '', id: '' },
    body: Buffer.from('{}'),
  })
  const both = [hex('{}'), hex('{}', older)]
  for (const text of [key, older])
    t.deepEqual(
      (await prove(keys, claim(text)))?.map((bytes) => bytes.toString('hex')),
      both,
    )
  t.is(await prove(keys, claim('other')), undefined)
  t.is(await prove([], claim(key)), undefined)
})

test('Shopify: base64, under either of two secrets; no time is signed, and the same request is admitted again', async (t) => {
  const gate = await openHooks(t)
  for (const signature of [base64('{}'), base64('{}', older), base64('{}')])
    t.is((await post(gate, 'shopify', { 'X-Shopify-Hmac-Sha256': signature }, '{}')).status, 200)
  for (const signature of [
    base64('{}', 'x'),
    hex('{}'),
    base64('{}').replace('=', ''),
    `${base64('{}')}, ${base64('{}')}`,
  ])
    t.is(codeOf(await post(gate, 'shopify', { 'X-Shopify-Hmac-Sha256': signature }, '{}')), 'credential_invalid')
})

test('a request without a signature is told what is missing, and goes on where that is allowed', async (t) => {
  const gate = await openHooks(t)
  const none = await post(gate, 'json', {}, '{}')
  t.deepEqual([none.status, codeOf(none)], [401, 'credential_missing'])
  t.is(none.headers['www-authenticate'], 'Signature header="X-Signature"')
  t.is((await post(gate, 'either', {}, 'x')).status, 200)
  t.is(codeOf(await post(gate, 'either', { 'X-Signature': hex('y') }, 'x')), 'credential_invalid')
})

test('a body is judged as it came, and then by its schema', async (t) => {
  const gate = await openHooks(t)
  const headers = (body: string) => ({ 'X-Signature': hex(body), 'content-type': 'application/json' })
  const odd = ' { "n" :\t1 }\r\n'
  t.is((await post(gate, 'json', headers(odd), odd)).body, odd)
  t.is(codeOf(await post(gate, 'json', headers('{"n":"x"}'), '{"n":"x"}')), 'input_invalid')
  t.is(codeOf(await post(gate, 'json', headers('{'), '{')), 'request_malformed')
  t.is(codeOf(await post(gate, 'json', headers('{"n":1}'), '{"n":2}')), 'credential_invalid')
  t.is(codeOf(await post(gate, 'none', headers('x'), 'x')), 'input_invalid')
  t.is((await post(gate, 'none', { 'X-Signature': hex('') })).status, 200)
  t.is(codeOf(await post(gate, 'none', { 'X-Signature': hex(' ') })), 'credential_invalid')
})

test('a handler gets the bytes that were judged', async (t) => {
  const gate = await openHooks(t)
  const answer = await post(gate, 'handler', { 'X-Signature': hex('a=1&b=2') }, 'a=1&b=2')
  t.deepEqual([answer.status, answer.body], [200, 'a=1&b=2'])
})

test('a body of 10 MB passes byte for byte, whole or in chunks, and a longer one is refused', async (t) => {
  const gate = await openHooks(t)
  const body = randomBytes(5_000_000).toString('hex')
  for (const framing of [{ 'content-length': `${body.length}` }, { 'transfer-encoding': 'chunked' }]) {
    const answer = await post(gate, 'either', { 'X-Signature': hex(body), ...framing }, body)
    t.is(answer.status, 200)
    t.true(answer.body === body)
  }
  const large = 'x'.repeat(1_025)
  for (const framing of [{ 'content-length': '1025' }, { 'transfer-encoding': 'chunked' }])
    t.is(codeOf(await post(gate, 'small', { 'X-Signature': hex(large), ...framing }, large)), 'body_too_large')
  t.is((await post(gate, 'small', { 'X-Signature': hex(large.slice(1)) }, large.slice(1))).status, 200)
})

test('a forged signature of no form is refused before the body is read', async (t) => {
  const gate = await openHooks(t)
  const socket = connect(gate.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('POST /hooks/json HTTP/1.1\r\nHost: x\r\nX-Signature: forged\r\nContent-Length: 1000000\r\n\r\n')
  const [first] = (await new Promise<Buffer>((resolve) => socket.once('data', resolve))).toString().split('\r\n')
  t.is(first, 'HTTP/1.1 401 Unauthorized')
})

test('a client that goes away in the middle of its body harms nobody', async (t) => {
  const gate = await openHooks(t)
  for (let i = 0; i < 20; i++) {
    const socket = connect(gate.port, '127.0.0.1')
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    socket.write(`POST /hooks/json HTTP/1.1\r\nHost: x\r\nX-Signature: ${hex('')}\r\nContent-Length: 100\r\n\r\nabc`)
    await new Promise<void>((resolve) => socket.end(resolve))
    socket.destroy()
  }
  t.is((await post(gate, 'none', { 'X-Signature': hex('') })).status, 200)
})

test('of fifty requests with one signature at once one is admitted', async (t) => {
  const gate = await openHooks(t)
  const now = Math.floor(Date.now() / 1_000)
  const headers = { 'Stripe-Signature': `t=${now},v1=${hex(`${now}.{}`)}` }
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(gate, 'stripe', headers, '{}')))
  t.is(answers.filter(({ status }) => status === 200).length, 1)
  t.is(answers.filter(({ status }) => status === 401).length, 49)
})

test('two nodes that share their limits admit a signed request once between them', async (t) => {
  const redis = await startRedis(t)
  process.env.PORTCULLIS_SIGNATURE_TEST_STATE = `redis://127.0.0.1:${redis.port}`
  const [one, other] = [await openHooks(t, undefined, shared), await openHooks(t, undefined, shared)]
  const now = Math.floor(Date.now() / 1_000)
  for (let i = 0; i < 10; i++) {
    const headers = { 'Stripe-Signature': `t=${now},v1=${hex(`${now}.{"n":${i}}`)}` }
    const answers = await Promise.all(
      [one, other, one, other].map((gate) => post(gate, 'stripe', headers, `{"n":${i}}`)),
    )
    t.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  }
})

test('no header makes more than a refusal of it', async (t) => {
  t.timeout(120_000)
  const gate = await openHooks(t)
  const part = fc.constantFrom(
    't=',
    'v1=',
    ',',
    ' ',
    '=',
    '0',
    hex('x'),
    '1'.repeat(12),
    'e9',
    '\u00e9',
    '%00',
    '{body}',
  )
  const header = fc.array(fc.oneof(part, fc.string({ maxLength: 8 })), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(header, async (items) => {
      const text = items.join('').replace(/[^\t\x20-\x7e\u00e9]/g, '')
      t.is(codeOf(await post(gate, 'stripe', { 'Stripe-Signature': text }, '{}')), 'credential_invalid')
    }),
    { numRuns: 200 },
  )
})
