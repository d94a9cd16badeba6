/** Compressed bodies: where a schema judges nothing is unpacked, and what goes through unread is bounded as it came. */

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { isRefused, openRange, type Range } from './range.ts'

const policy = (upstream: string) => `
service: echo
upstream: ${upstream}
defaults:
  authenticate: public
  rateLimit: [{ by: ip, limit: 1000000, per: 1m }]
routes:
  POST /judged:
    input:
      contentTypes: [application/json, application/x-www-form-urlencoded, multipart/form-data]
      body: { type: object, additionalProperties: true }
  POST /raw:
    input: { body: any, maxBytes: 64kb }
`

let range: Range
test.before(async () => {
  range = await openRange(policy)
})
test.after.always(() => range?.close())

/** Some kilobytes that unpack to 32 MB of JSON. */
const plain = Buffer.from(`{"a":"${'a'.repeat(32 * 1024 * 1024)}"}`)
const gzipped = gzipSync(plain)
const bombs: Readonly<Record<string, Buffer>> = {
  gzip: gzipped,
  'x-gzip': gzipped,
  GZIP: gzipped,
  deflate: deflateSync(plain),
  ' deflate ': deflateRawSync(plain),
  br: brotliCompressSync(plain),
  zstd: zstdCompressSync(plain),
  'gzip, gzip': gzipSync(gzipped),
  'gzip, br': brotliCompressSync(gzipped),
  'identity, gzip': gzipped,
  'gzip, identity': gzipped,
  compress: gzipped,
  '': gzipped,
  'identity;q=1': gzipped,
}
const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']
const coded = (coding: string, type = 'application/json'): string =>
  `Content-Type: ${type}\r\nContent-Encoding: ${coding}\r\n`

for (const [coding, body] of Object.entries(bombs)) {
  test(`a body of coding \`${coding}\` is refused where a schema judges`, async (t) => {
    for (const type of types) {
      const outcome = await range.send({ method: 'POST', target: '/judged', headers: coded(coding, type), body })
      isRefused(t, outcome, [415], 'a body that is compressed')
      t.is(outcome.answer.headers.get('accept-encoding'), 'identity')
    }
  })

  test(`a body of coding \`${coding}\` goes through unread as it came`, async (t) => {
    const { answer, arrived } = await range.send({ method: 'POST', target: '/raw', headers: coded(coding), body })
    t.is(answer.status, 200)
    t.true(arrived?.body.equals(body))
    t.is(arrived?.headers['content-encoding'], coding.trim())
  })
}

test('a compressed body that claims to be none is no JSON and no form', async (t) => {
  for (const type of types)
    for (const coding of ['', 'Content-Encoding: identity\r\n']) {
      const headers = `Content-Type: ${type}\r\n${coding}`
      isRefused(t, await range.send({ method: 'POST', target: '/judged', headers, body: gzipped }), [400], 'gzip')
    }
})

test('two headers of codings count as one list', async (t) => {
  const headers = `${coded('identity')}Content-Encoding: gzip\r\n`
  isRefused(t, await range.send({ method: 'POST', target: '/judged', headers, body: gzipped }), [415], 'gzip')
})

test('a compressed body is bounded by its own bytes', async (t) => {
  const body = Buffer.alloc(64 * 1024 + 1, gzipped)
  isRefused(t, await range.send({ method: 'POST', target: '/raw', headers: coded('gzip'), body }), [413], 'gzip')
})

for (const coding of ['gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'deflate', 'chunked;q=1'])
  test(`a transfer coding of \`${coding}\` is refused`, async (t) => {
    const headers = `Content-Type: application/json\r\nTransfer-Encoding: ${coding}\r\n`
    for (const target of ['/judged', '/raw'])
      isRefused(t, await range.send({ method: 'POST', target, headers }), [400, 501], 'a transfer coding')
  })

for (const [first, second] of [
  ['application/json', 'text/plain'],
  ['text/plain', 'application/json'],
  ['application/json', 'application/json'],
  ['application/json', 'multipart/form-data; boundary=x'],
])
  test(`two content types, \`${first}\` and \`${second}\`, are refused`, async (t) => {
    const headers = `Content-Type: ${first}\r\nContent-Type: ${second}\r\n`
    for (const target of ['/judged', '/raw'])
      isRefused(t, await range.send({ method: 'POST', target, headers, body: '{}' }), [400], 'two content types')
  })

test('a body without a content type is refused where a schema judges', async (t) => {
  isRefused(t, await range.send({ method: 'POST', target: '/judged', body: '{}' }), [415], 'no content type')
})
