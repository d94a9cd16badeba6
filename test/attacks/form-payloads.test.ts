/** Payloads of injection lists in forms: refused, or at the destination byte for byte, or as their transforms leave them. */

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
    input:
      contentTypes: [application/x-www-form-urlencoded, multipart/form-data]
      body: { type: object, required: [text], properties: { text: { type: string }, list: { type: array, items: { type: string } } } }
  POST /clean:
    input:
      contentTypes: [application/x-www-form-urlencoded, multipart/form-data]
      body: { type: object, properties: { text: { type: string, transform: [lowercase, stripControls] } }, additionalProperties: true }
  POST /loose:
    input:
      contentTypes: [application/x-www-form-urlencoded, multipart/form-data]
      body: { type: object, additionalProperties: true }
  POST /files:
    input:
      body: { type: object, properties: { text: { type: string } } }
      files: { file: {} }
  POST /raw:
    input: { body: any, contentTypes: [application/x-www-form-urlencoded, multipart/form-data] }
`

let range: Range
const send = (sent: Written) => range.send(sent)

test.before(async () => {
  range = await openRange(policy)
})
test.after.always(() => range?.close())
test.afterEach.always('no prototype was touched', isUnpolluted)

const boundary = 'x8Lqk2'
type WrittenText = Written & { readonly body: string }
const form = (target: string, body: string): WrittenText => ({
  method: 'POST',
  target,
  headers: 'Content-Type: application/x-www-form-urlencoded\r\n',
  body,
})
const multipart = (target: string, ...parts: string[]): WrittenText => ({
  method: 'POST',
  target,
  headers: `Content-Type: multipart/form-data; boundary=${boundary}\r\n`,
  body: `${parts.map((part) => `--${boundary}\r\nContent-Disposition: form-data; ${part}\r\n`).join('')}--${boundary}--\r\n`,
})
const part = (name: string, value: string): string => `name="${name}"\r\n\r\n${value}`
const encode = (text: string): string => encodeURIComponent(text.toWellFormed())

test('a declared text of a form arrives byte for byte, or is refused', (t) =>
  eachPayload(t, async (text) => {
    for (const target of ['/closed', '/loose', '/raw']) {
      const sent = form(target, `text=${encode(text)}`)
      const outcome = await send(sent)
      if (target !== '/raw' && text.includes('\0')) isRefused(t, outcome, [400], text)
      else t.is(outcome.arrived?.body.toString(), sent.body, `${target} ${text}`)
      const parted = multipart(target, part('text', text.toWellFormed()))
      const arrived = await send(parted)
      if (target !== '/raw' && text.includes('\0')) isRefused(t, arrived, [400], text)
      else t.is(arrived.arrived?.body.toString(), parted.body, `${target} ${text}`)
    }
  }))

test('a raw form is refused, or arrives byte for byte with the one field that it has', (t) =>
  eachPayload(t, async (text) => {
    const outcome = await send(form('/closed', `text=${text}`))
    if (outcome.answer.status !== 200) return isRefused(t, outcome, [400, 422], text)
    const body = outcome.arrived?.body.toString() ?? ''
    t.is(body, `text=${text}`)
    t.deepEqual([...new Set(new URLSearchParams(body).keys())], ['text'], text)
  }))

test('an undeclared field is refused, whatever its name; where any may come, it arrives byte for byte', (t) =>
  eachPayload(t, async (name) => {
    const body = `text=x&${encode(name)}=polluted&${encode(`text[${name}]`)}=polluted`
    isRefused(t, await send(form('/closed', body)), [400, 422], name)
    const loose = await send(form('/loose', body))
    if (loose.answer.status === 200) t.is(loose.arrived?.body.toString(), body)
    else isRefused(t, loose, [400], name)
    const parted = multipart('/loose', part('text', 'x'), part(name.toWellFormed(), 'polluted'))
    const arrived = await send(parted)
    if (arrived.answer.status === 200) t.is(arrived.arrived?.body.toString(), parted.body)
    else isRefused(t, arrived, [400], name)
    if (name === 'text' || name === 'list') return
    isRefused(t, await send({ ...parted, target: '/closed' }), [400, 422], name)
  }))

test('a file called by a payload is refused, or arrives as one part that means the same', (t) =>
  eachPayload(t, async (name) => {
    const called = name.toWellFormed()
    const sent = multipart(
      '/files',
      `name="file"; filename="${called}"\r\nContent-Type: text/plain\r\n\r\n${name === '' ? '' : 'x'}`,
    )
    const outcome = await send(sent)
    if (outcome.answer.status !== 200) return isRefused(t, outcome, [400, 422], name)
    t.is(outcome.arrived?.body.toString(), sent.body)
    t.notRegex(name, /[/\\\0\r\n]|^\.{1,2}$/)
    const read = await new Response(outcome.arrived?.body, {
      headers: { 'content-type': outcome.arrived?.headers['content-type'] ?? '' },
    }).formData()
    t.deepEqual([...read.keys()], ['file'], name)
    t.is((read.get('file') as File).name, called)
  }))

test('a file holds any bytes, and they arrive as they came', (t) =>
  eachPayload(t, async (content) => {
    const sent = multipart(
      '/files',
      `name="file"; filename="a"\r\nContent-Type: text/plain\r\n\r\n${content.toWellFormed()}`,
    )
    t.is((await send(sent)).arrived?.body.toString(), sent.body, content)
  }))

test('a form that a transform changed is read by others as what was judged, and nothing more', (t) =>
  eachPayload(t, async (text) => {
    const clean = text
      .toWellFormed()
      .toLowerCase()
      .replace(/[\x00-\x1f\x7f-\x9f]/g, '')
    for (const sent of [
      form('/clean', `text=A${encode(text)}&b=%C3%A9`),
      multipart('/clean', part('text', `A${text.toWellFormed()}`), part('b', 'é')),
    ]) {
      const outcome = await send(sent)
      if (text.includes('\0')) {
        isRefused(t, outcome, [400], text)
        continue
      }
      const type = outcome.arrived?.headers['content-type'] ?? ''
      const read = await new Response(outcome.arrived?.body, { headers: { 'content-type': type } }).formData()
      t.deepEqual(
        [...read],
        [
          ['text', `a${clean}`],
          ['b', 'é'],
        ],
        text,
      )
    }
  }))
