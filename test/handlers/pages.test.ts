/** `builtin: openapi` and `builtin: docs` as clients meet them: what they answer, and when they have nothing new to say. */

import { createHash } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { openGate } from '../helpers/gate.ts'
import { validate } from '../policy/openapi/reading.ts'

const routes = `
  GET /openapi.json: { builtin: openapi, document: false }
  GET /docs: { builtin: docs, document: false }
  GET /orders: { reply: { body: [] } }
`
const policies = `defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 600, per: 1m }] }\nroutes:${routes}`

async function open(t: ExecutionContext, files: Readonly<Record<string, string>> = { 'p.yaml': policies }) {
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    gate.call('GET', path, { headers })
  return { gate, get }
}

/** A body as bytes, compressed as the server sends it. */
async function fetchZipped(url: string): Promise<{ readonly headers: Headers; readonly text: string }> {
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'gzip' } })
  return { headers: response.headers, text: await response.text() }
}

test('answers with the document of the policies', async (t) => {
  const { get } = await open(t)
  const { status, headers, body } = await get('/openapi.json')
  t.is(status, 200)
  t.is(headers['content-type'], 'application/json; charset=utf-8')
  t.is(headers['cache-control'], 'no-cache')
  const document = JSON.parse(body)
  await validate(t, document)
  t.deepEqual(Object.keys(document.paths), ['/orders'])
})

for (const path of ['/openapi.json', '/docs']) {
  test(`${path} has an ETag, and says that nothing changed to who knows it`, async (t) => {
    const { gate, get } = await open(t)
    const first = await get(path)
    const { etag = '' } = first.headers
    t.regex(etag, /^"[\w-]{43}"$/)
    t.is(first.headers.vary, 'Accept-Encoding')
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'If-None-Match': known })
      t.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag], known)
      t.is(again.headers['cache-control'], 'no-cache')
    }
    t.is((await get(path, { 'If-None-Match': '"other"' })).status, 200)
    const head = await gate.call('HEAD', path)
    t.deepEqual([head.status, head.headers.etag, head.body], [200, etag, ''])
    t.is(Number(head.headers['content-length']), Buffer.byteLength(first.body))
  })

  test(`${path} is compressed for who takes gzip, as another representation`, async (t) => {
    const { gate, get } = await open(t)
    const plain = await get(path)
    const zipped = await fetchZipped(`${gate.url}${path}`)
    t.is(zipped.headers.get('content-encoding'), 'gzip')
    t.is(zipped.text, plain.body)
    t.is(zipped.headers.get('etag'), `${plain.headers.etag?.slice(0, -1)}-gzip"`)
    t.is((await get(path, { 'Accept-Encoding': 'gzip;q=0' })).headers['content-encoding'], undefined)
    t.is((await get(path, { 'Accept-Encoding': 'br' })).headers['content-encoding'], undefined)
    const known = { 'Accept-Encoding': 'gzip', 'If-None-Match': String(zipped.headers.get('etag')) }
    t.is((await get(path, known)).status, 304)
  })
}

test('is made of what the environment says once the server is open', async (t) => {
  process.env.PORTCULLIS_TEST_MOST = '7'
  t.teardown(() => delete process.env.PORTCULLIS_TEST_MOST)
  const { get } = await open(t, {
    'p.yaml': `defaults: { authenticate: public, rateLimit: [{ by: ip, limit: '\${env:PORTCULLIS_TEST_MOST}', per: 1m }] }\nroutes:${routes}`,
  })
  t.is(JSON.parse((await get('/openapi.json')).body).paths['/orders'].get['x-rate-limit'][0].limit, 7)
})

test('shows each host its own document, and a page of it', async (t) => {
  const shop = (host: string, path: string) => `host: ${host}
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 600, per: 1m }] }
routes:
  GET ${path}: { builtin: openapi, document: false }
  GET /docs: { builtin: docs }
  GET /of-${host}: { reply: {} }
`
  const { get } = await open(t, { 'a.yaml': shop('a.example', '/a.json'), 'b.yaml': shop('b.example', '/b.json') })
  const paths = async (path: string, Host: string) => Object.keys(JSON.parse((await get(path, { Host })).body).paths)
  t.deepEqual(await paths('/a.json', 'a.example'), ['/docs', '/of-a.example'])
  t.deepEqual(await paths('/b.json', 'b.example'), ['/docs', '/of-b.example'])
  t.true((await get('/docs', { Host: 'a.example' })).body.includes('data-document="/a.json"'))
  t.true((await get('/docs', { Host: 'b.example' })).body.includes('data-document="/b.json"'))
})

test('is a page without a reference to any other, under a policy of hashes', async (t) => {
  const { get } = await open(t)
  const { headers, body } = await get('/docs')
  t.is(headers['content-type'], 'text/html; charset=utf-8')
  const policy = String(headers['content-security-policy'])
  t.notRegex(policy, /unsafe|https?:|\*/)
  const directives = new Map(policy.split('; ').map((text) => [text.split(' ')[0], text.split(' ').slice(1)]))
  t.deepEqual(directives.get('default-src'), ["'none'"])
  t.deepEqual(directives.get('frame-ancestors'), ["'none'"])
  const inline = (tag: string) =>
    [...body.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text = '']) => text)
  const hashes = (tag: string) =>
    inline(tag).map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  t.is(inline('script').length, 2)
  t.deepEqual(hashes('script'), directives.get('script-src'))
  t.deepEqual(hashes('style'), directives.get('style-src'))
  t.notRegex(inline('script').join(''), /<!--|<script|<\/script/i)
  const markup = body.replaceAll(/<(script|style)>.*?<\/\1>/gs, '')
  t.notRegex(markup, /\b(src|href)="(?!data:)/)
})
