/** What holds of hygiene whatever comes. */

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { normaliseSegment } from '../../src/core/path.ts'
import { readFacts } from '../../src/enforce/hygiene.ts'

const socket = new Socket()
const trust = { isTrustedProxy: () => true, requestId: () => 'made' }

function read(url: string, headers: Readonly<Record<string, string>> = { host: 'shop.example' }) {
  const req = new IncomingMessage(socket)
  Object.assign(req, { method: 'GET', url, httpVersion: '1.1', headers, rawHeaders: Object.entries(headers).flat() })
  return readFacts(req, trust)
}

const piece = fc.constantFrom(
  ...[
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '%25',
    '25',
    '2e',
    '32',
    '65',
    '%',
    '%2f',
    '%5C',
    '\\',
    ';',
    '%3b',
    '%00',
    '%0a',
    '?',
    '#',
  ],
  ...[
    'a',
    'B',
    '~',
    '%7E',
    '%41',
    '%40',
    '@',
    '%C3%A9',
    '%c3',
    '%A9',
    'é',
    ' ',
    '\u0000',
    '\ud800',
    '//',
    ':',
    '+',
    '%2B',
    '=',
    '[',
    '"',
  ],
)
const path = fc
  .array(fc.oneof({ weight: 8, arbitrary: piece }, fc.string({ unit: 'binary' })), { maxLength: 12 })
  .map((parts) => `/${parts.join('')}`)

/** Decodes what can be decoded, as a careless upstream does. */
const decode = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

test('never throws, whatever the target and the headers', (t) => {
  const names = [
    'host',
    'x-request-id',
    'x-forwarded-for',
    'x-forwarded-proto',
    'forwarded',
    'connection',
    'upgrade',
    'expect',
  ]
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    piece,
    fc.constantFrom('for="', 'for=[::1]', '1.2.3.4, ', 'upgrade', ',,', '"'),
  )
  const headers = fc.dictionary(fc.constantFrom(...names, 'content-length', 'transfer-encoding', '__proto__'), value)
  fc.assert(
    fc.property(fc.oneof(path, fc.string({ unit: 'binary' })), headers, (url, sent) => void read(url, sent)),
    { numRuns: 3000 },
  )
  t.pass()
})

test('accepts no path that decoding twice turns into another', (t) => {
  fc.assert(
    fc.property(path, (url) => {
      const { facts, denial } = read(url)
      if (denial) return
      const read0 = facts.path
      for (const text of [read0, decode(read0), decode(decode(read0))]) {
        t.false(/(?:^|\/)\.{1,2}(?:\/|$)|\/\/|[\\;\x00-\x1f\x7f]/.test(text), read0)
        t.is(text.split('/').length, read0.split('/').length, read0)
      }
    }),
    { numRuns: 20_000 },
  )
})

test('leaves a path that it has normalised as it is', (t) => {
  fc.assert(
    fc.property(path, (url) => {
      const { facts, denial } = read(url)
      if (!denial) t.is(read(facts.path).facts.path, facts.path)
    }),
    { numRuns: 5000 },
  )
})

test('reads every spelling of a segment alike, as policies are read', (t) => {
  const char = fc.constantFrom(...`abYZ09-_~!$&'()*+,=:@é "<>|`)
  const spelled = fc.record({ char, escaped: fc.boolean(), upper: fc.boolean() })
  fc.assert(
    fc.property(fc.array(spelled, { minLength: 1, maxLength: 8 }), (parts) => {
      const text = parts.map((part) => part.char).join('')
      const sent = parts.map(({ char, escaped, upper }) => {
        const must = !/[A-Za-z0-9\-_~!$&'()*+,=:@]/.test(char)
        const hex = Buffer.from(char).toString('hex').replace(/../g, '%$&')
        return must || escaped ? (upper ? hex.toUpperCase() : hex) : char
      })
      t.is(read(`/${sent.join('')}`).facts.path, `/${normaliseSegment(text)}`)
    }),
    { numRuns: 3000 },
  )
})

test('reads the longest and oddest target in linear time', (t) => {
  const started = performance.now()
  for (const unit of ['%25', '%2525', '/', '/.', '%', ';', 'a%', '/%25', '%c3%a9', '.%']) {
    read(`/${unit.repeat(8192 / unit.length - 1)}`)
    read('/', {
      host: unit.repeat(4000),
      forwarded: `for="${unit},`.repeat(2000),
      'x-forwarded-for': '10.0.0.1,'.repeat(1700),
    })
  }
  t.true(performance.now() - started < 5000)
})
