/** Arbitrary bytes of a connection: requests of odd spelling, framing and line ends, one behind the other. */

import fc from 'fast-check'
import { place } from '../../helpers/place.ts'
import { framing, one, usually } from './odd-framing.ts'

const inner = 'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n'

const method = usually(
  one('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
  one('PATCH', 'TRACE', 'get', 'PURGE'),
  12,
)

/** Escapes and punctuation that two servers may read in two ways. */
const piece = one(
  ...['a', 'b', '.', '..', '%2e', '%41', '%7e', '%20', '%25', '%2f', '%5c', '\\', ';', '+', ':', '@', '~', '%c3%a9'],
  ...['%ff', '%00', '%', '//', '/', '/', '=', "'", '(', '*', '!', '$', '%3f', '%23', '%3B', '%0d%0a', '\xe9', '#'],
)
const oddPath = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('')}`)
const path = usually(one('/', '/a', '/a/b', '/a%20b', '/%61', '/a+b', '/caf%c3%a9', '/a/'), oddPath, 2)
const query = usually(one('', '', '?', '?a=1', '?a=%41&b=+', '?/../a', '??'), one('?#', '?%', '?;', '?a b', '?\xe9'), 8)
const origin = usually(one('', ''), one('http://a', 'HTTP://A', 'http://b', 'http://a:80', '//a', 'https://a', '*'), 8)
const target = fc.tuple(origin, path, query).map((parts) => parts.join(''))

const hostLine = usually(
  one('Host: a', 'host:a', 'Host: A', 'Host: a:80'),
  one(
    '',
    'Host:',
    'Host: a.',
    'Host: b',
    'Host: a\r\nHost: b',
    'Host : a',
    'Host: a b',
    'Host: [::1]:80',
    'Host: a,b',
    'Host: a\tb',
  ),
  8,
)
const otherLine = one(
  ...[
    'Accept: */*',
    'X: \xe9',
    'X:',
    'Connection: keep-alive',
    'Connection: X',
    'TE: trailers',
    'Cookie: a=1; b',
    'X_Y: z',
  ],
  ...[
    'Expect: 100-continue',
    'Expect: x',
    'Upgrade: h2c',
    'Connection: Upgrade',
    'X: a\r\n b',
    'X: a\nY: b',
    'X: a\rY: b',
  ],
  ...[
    'X: a\0b',
    ': x',
    'x',
    'X : y',
    'Content-Length',
    'Trailer: X',
    'Connection: Content-Length',
    'Connection: close',
  ],
  ...['Connection: Transfer-Encoding', 'Keep-Alive: 5', 'Content-Type: text/plain', '\tX: y', '(): x', 'X\x0b: y'],
)

const body = one(
  '',
  'abcde',
  'a\r\nb',
  inner,
  '0\r\n\r\n',
  `0\r\n\r\n${inner}`,
  '5\r\nabcde\r\n0\r\n\r\n',
  'x'.repeat(300),
)

const request = fc
  .record({
    before: usually(one('', ''), one('\r\n', '\n', '\r', ' ', '\0'), 15),
    method,
    target,
    version: usually(
      one('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
      one('HTTP/1.2', 'HTTP/2.0', 'http/1.1', '', 'HTTP/1.1 ', 'RTSP/1.0'),
      15,
    ),
    space: usually(one(' '), one('  ', '\t', ''), 19),
    hostLine,
    lines: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.array(otherLine, { maxLength: 2 })),
    framing,
    body,
  })
  .map(({ before, space, lines, ...given }) => {
    const first = `${before}${[given.method, given.target, given.version].join(space)}`
    return `${[first, given.hostLine, 'X-Case: #', ...lines].filter((line) => line !== '').join('\r\n')}\r\n${given.framing(given.body)}`
  })

/** Bytes that mean something to some parser. */
const bad = one('\r', '\n', '\0', '\t', ' ', ':', ';', ',', '\x0b', '\x85', '\xa0', '0', 'f', '\r\n', '\x7f', '"', '_')
const damage = fc.oneof(
  { weight: 6, arbitrary: fc.constant([]) },
  fc.array(fc.tuple(place, bad, fc.nat(1)), { minLength: 1, maxLength: 2 }),
)

export interface OddBytes {
  /** `#` in `X-Case: #` stands for a mark of the connection. */
  readonly bytes: string
  /** Where it is cut into writes, each from 0 to 1. */
  readonly cuts: readonly number[]
}

export const oddBytes: fc.Arbitrary<OddBytes> = fc.record({
  bytes: fc.tuple(fc.array(request, { minLength: 1, maxLength: 4 }), damage).map(([requests, damages]) => {
    let text = requests.join('')
    for (const [at, byte, over] of damages) {
      const index = Math.floor(at * text.length)
      text = text.slice(0, index) + byte + text.slice(index + over)
    }
    return text
  }),
  cuts: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(place, { maxLength: 3 })),
})
