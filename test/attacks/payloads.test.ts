/** Payloads of injection lists in every part of a request: refused by a schema, or at the destination byte for byte. */

import test from 'ava'
import { eachPayload, isRefused, isUnpolluted, openRange, type Range } from './range.ts'
import type { Written } from './raw-request.ts'

const policy = (upstream: string) => `
service: echo
upstream: ${upstream}
defaults:
  authenticate: public
  rateLimit: [{ by: ip, limit: 1000000, per: 1m }]
routes:
  POST /closed:
    input: { body: { type: object, required: [text], properties: { text: { type: string } } } }
  POST /clean:
    input:
      body:
        type: object
        properties: { text: { type: string, transform: [trim, nfc, stripControls, escapeHtml] } }
        additionalProperties: true
  POST /loose:
    input: { body: { type: object, additionalProperties: true } }
  POST /raw:
    input: { body: any }
  GET /query:
    input: { query: { q: { type: string } } }
  GET /lower:
    input: { query: { q: { type: string, transform: [lowercase, trim] } } }
  GET /open:
    input: { query: any }
  GET /items/:id: {}
  GET /rest/*path: {}
  GET /head:
    input: { headers: { x-text: { type: string } }, cookies: { text: { type: string } } }
  GET /clean-head:
    input: { headers: { x-text: { type: string, transform: [uppercase] } }, cookies: { text: { type: string, transform: [uppercase] } } }
`

let range: Range
const send = (sent: Written) => range.send(sent)

test.before(async () => {
  range = await openRange(policy)
})
test.after.always(() => range?.close())
test.afterEach.always('no prototype was touched', isUnpolluted)

const post = (target: string, body: Buffer | string): Written => ({
  method: 'POST',
  target,
  headers: 'Content-Type: application/json\r\n',
  body,
})

test('a declared text of the body arrives byte for byte', (t) =>
  eachPayload(t, async (text) => {
    for (const target of ['/closed', '/loose', '/raw']) {
      const body = JSON.stringify({ text })
      const { answer, arrived } = await send(post(target, body))
      t.is(answer.status, 200, `${target} ${text}`)
      t.is(arrived?.body.toString(), body)
    }
  }))

test('a text arrives as its transforms leave it, and everything beside it as it came', (t) =>
  eachPayload(t, async (text) => {
    const { answer, arrived } = await send(post('/clean', JSON.stringify({ text, beside: { [text]: text } })))
    t.is(answer.status, 200, text)
    const clean = text
      .trim()
      .normalize('NFC')
      .replace(/[\x00-\x1f\x7f-\x9f]/g, '')
      .replace(
        /[&<>"']/g,
        (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[each] ?? '',
      )
    t.is(arrived?.body.toString(), JSON.stringify({ text: clean, beside: { [text]: text } }), text)
  }))

test('an undeclared member is refused, whatever its name; where any may come, it arrives byte for byte', (t) =>
  eachPayload(t, async (name) => {
    const body = `{"text":"x",${JSON.stringify(name)}:{"polluted":1}}`
    if (name !== 'text') isRefused(t, await send(post('/closed', body)), [422], name)
    const { arrived } = await send(post('/loose', body))
    t.is(arrived?.body.toString(), body, name)
    const nested = `{"a":[{${JSON.stringify(name)}:{"__proto__":{"polluted":1}}}]}`
    t.is((await send(post('/loose', nested))).arrived?.body.toString(), nested, name)
  }))

test('an object, a list or nothing in place of a text is refused', async (t) => {
  for (const value of [
    '{"$gt":""}',
    '{"$ne":null}',
    '["x"]',
    'null',
    '1',
    'true',
    '{"__proto__":"x"}',
    '{"toString":"x"}',
  ])
    isRefused(t, await send(post('/closed', `{"text":${value}}`)), [422], value)
  for (const body of ['[]', '"text"', '[{"text":"x"}]', 'null', '1', '{"__proto__":{"text":"x"}}'])
    isRefused(t, await send(post('/closed', body)), [422], body)
})

test('JSON that two parsers read in two ways is refused', async (t) => {
  const bodies = [
    ...[
      '{"text":"a","text":"b"}',
      '{"text":"a","te\\u0078t":"b"}',
      '{"__proto__":1,"__proto__":2}',
      '\ufeff{"text":"a"}',
    ],
    ...[
      "{'text':'a'}",
      '{"text":"a",}',
      '{"text":"a"}{}',
      '{"text":"a"}\0',
      '{"text":NaN}',
      '{"text":1e999}',
      '//\n{"text":"a"}',
    ],
    ...[
      '{"n":9007199254740993}',
      `${'['.repeat(65)}${']'.repeat(65)}`,
      '{"text":"a\nb"}',
      '{text:"a"}',
      '{"text":"\\x41"}',
      '',
    ],
  ]
  for (const body of bodies.slice(0, -1)) isRefused(t, await send(post('/loose', body)), [400], body)
  for (const bytes of [
    [0xff, 0xfe],
    [0x22, 0xc0, 0xae, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x7b, 0, 0x7d, 0],
  ])
    isRefused(t, await send(post('/loose', Buffer.from(bytes))), [400], String(bytes))
})

test('a body in another charset than was judged is refused, however that is spelt', async (t) => {
  const types = ['charset=utf-7', 'charset = utf-7', 'charset= utf-7', "charset*=us-ascii'en'utf-7", 'charset*0=utf-7']
  for (const type of [
    ...types,
    'charset="utf-7"',
    'charset=utf-8;charset=utf-7',
    'a="; charset=utf-7"',
    'CHARSET=UTF-16',
  ]) {
    const headers = `Content-Type: application/json; ${type}\r\n`
    isRefused(t, await send({ method: 'POST', target: '/closed', headers, body: '{"text":"+ADw-"}' }), [415], type)
  }
})

test('a parameter of the query arrives byte for byte, or as its transforms leave it', (t) =>
  eachPayload(t, async (text) => {
    const query = `q=${encodeURIComponent(text.toWellFormed())}`
    t.is((await send({ target: `/query?${query}` })).arrived?.url, `/query?${query}`)
    t.is((await send({ target: `/open?${query}&a[__proto__]=1` })).arrived?.url, `/open?${query}&a[__proto__]=1`)
    const url = (await send({ target: `/lower?${query}` })).arrived?.url ?? ''
    t.is(decodeURIComponent(url), `/lower?q=${text.toWellFormed().toLowerCase().trim()}`, text)
  }))

test('an undeclared parameter of the query is refused, whatever its name', (t) =>
  eachPayload(t, async (name) => {
    const encoded = encodeURIComponent(name.toWellFormed())
    if (name !== 'q') isRefused(t, await send({ target: `/query?q=x&${encoded}=polluted` }), [400, 422], name)
    isRefused(t, await send({ target: `/query?q[${encoded}]=polluted` }), [400, 422], name)
  }))

test('a raw query is refused, or arrives byte for byte', (t) =>
  eachPayload(t, async (text) => {
    if (/[\r\n ]/.test(text)) return
    const outcome = await send({ target: `/open?q=${text}` })
    if (outcome.answer.status === 200) t.is(outcome.arrived?.url, `/open?q=${text}`)
    else isRefused(t, outcome, [400], text)
  }))

test('a parameter of the path is refused, or arrives as one segment that means the same', (t) =>
  eachPayload(t, async (text) => {
    for (const written of [encodeURIComponent(text.toWellFormed()), text.replace(/[\r\n ]/g, '')]) {
      const outcome = await send({ target: `/items/${written}` })
      const { answer, arrived } = outcome
      if (answer.status !== 200) {
        isRefused(t, outcome, [400, 404, 422], text)
        continue
      }
      const segments = arrived?.url.split('/') ?? []
      t.is(segments.length, 3, text)
      t.is(decodeURIComponent(segments[2] ?? ''), decodeURIComponent(written), text)
      t.false(
        /(^|[/\\])\.{1,2}($|[/\\])|[\x00-\x1f;]/.test(
          decodeURIComponent(decodeURIComponent(segments[2] ?? '').replace(/%(?![0-9a-f]{2})/gi, '%25')),
        ),
        text,
      )
    }
  }))

test('no spelling of a path leaves the folder that a wildcard opens', (t) =>
  eachPayload(t, async (text) => {
    for (const target of [
      `/rest/${text}`,
      `/rest/a/${encodeURI(text.toWellFormed())}/../../items/x`,
      `/rest/${encodeURI(text.toWellFormed())}`,
    ]) {
      if (/[\r\n ]/.test(target)) continue
      const outcome = await send({ target })
      if (outcome.answer.status !== 200) isRefused(t, outcome, [400, 404, 422], text)
      else t.regex(outcome.arrived?.url ?? '', /^\/rest\/(?!.*(\/|^)\.{1,2}(\/|$))/, text)
    }
  }))

/** As HTTP reads it: surrounding spaces and tabs are not part of a value (RFC 9110 §5.5). */
const latin = (text: string) => Buffer.from(text).toString('latin1')
const trimmed = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '')

test('a header and a cookie arrive byte for byte, or are refused', (t) =>
  eachPayload(t, async (text) => {
    if (/[\r\n]/.test(text)) return
    for (const header of [`X-Text: ${text}`, `Cookie: other=1; text=${text}`, `Cookie: ${text}`, `X-Other: ${text}`]) {
      const outcome = await send({ target: '/head', headers: `${header}\r\n` })
      const { answer, arrived } = outcome
      if (answer.status !== 200) {
        isRefused(t, outcome, [400, 422], text)
        continue
      }
      const [name = ''] = header.split(':')
      t.is(arrived?.headers[name.toLowerCase()], trimmed(latin(header.slice(name.length + 2))), text)
    }
  }))

test('a header and a cookie that a transform changes stay one header and one cookie', (t) =>
  eachPayload(t, async (text) => {
    if (/[\r\n]/.test(text)) return
    const outcome = await send({
      target: '/clean-head',
      headers: `X-Text: ${text}\r\nCookie: first=1; text=${text}; last=2\r\n`,
    })
    const { answer, arrived } = outcome
    if (answer.status !== 200) return isRefused(t, outcome, [400, 422], text)
    t.is(arrived?.headers['x-text'] ?? '', trimmed(latin(text)).toUpperCase(), text)
    t.false('x-evil' in (arrived?.headers ?? {}) || 'set-cookie' in (arrived?.headers ?? {}))
    const cookies = (arrived?.headers.cookie ?? '').split(';').map((pair) => pair.trim())
    t.true(cookies.includes('first=1') && cookies.includes('last=2'), text)
  }))

test('a line break in a header splits nothing', async (t) => {
  for (const text of ['a\r\nX-Evil: 1', 'a\nX-Evil: 1', 'a\rX-Evil: 1', 'a\r\n X-Evil: 1', 'a\0b', 'a\r\n\tb']) {
    for (const name of ['X-Request-Id', 'X-Other', 'Origin', 'Cookie', 'X-Text', 'Accept', 'traceparent']) {
      const { answer, arrived } = await send({ target: '/head', headers: `${name}: ${text}\r\n` })
      t.false(answer.headers.has('x-evil'))
      const first = /^a\r?\nX-/.test(text)
      // A whole line of its own is a header that the client itself sent.
      if (answer.status === 200) t.true(first, JSON.stringify(text))
      else t.is(arrived, undefined)
      t.true([200, 400].includes(answer.status), `${answer.status} ${name} ${JSON.stringify(text)}`)
    }
  }
})
