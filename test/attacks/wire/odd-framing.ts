/** Arbitrary framing of bodies: lengths, codings and chunks, mostly as they should be. */

import fc from 'fast-check'

type Usually = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight?: number) => fc.Arbitrary<T>

/** One in so many is odd. */
export const usually: Usually = (usual, odd, weight = 5) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })
export const one = fc.constantFrom<string[]>

type Frame = (body: string) => string
const frame = (...frames: Frame[]) => fc.constantFrom(...frames)

const oddLength = one(
  ...[
    '0',
    '+#',
    '-#',
    '#, #',
    '#,0',
    '0#',
    ' #\t',
    '#;',
    '#.0',
    '"#"',
    '#\x0b',
    '#\0',
    '\xa0#',
    '#\xa0',
    '# #',
    '#_0',
    '#e0',
  ],
  ...[
    '0x#',
    '4294967296',
    '18446744073709551616',
    '#\r\nContent-Length: 0',
    '0\r\nContent-Length: #',
    '#\r\nContent-Length: #',
    '',
  ],
)
const lengthName = usually(
  one('Content-Length', 'content-length'),
  one('Content-Length ', 'Content_Length', ' Content-Length'),
  9,
)
const sized: fc.Arbitrary<Frame> = fc
  .tuple(lengthName, usually(one('#'), oddLength, 3), usually(fc.constant(0), fc.integer({ min: -3, max: 3 }), 9))
  .map(([name, value, off]) => (text) => {
    const length = String(Math.max(0, text.length + off))
    return `${name}: ${value.replaceAll('#', length)}\r\n\r\n${text}`
  })

const coding = usually(
  one('Transfer-Encoding: chunked', 'transfer-encoding:Chunked', 'Transfer-Encoding: \tchunked'),
  one(
    ...[
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: xchunked',
      'Transfer_Encoding: chunked',
      'Transfer-Encoding: x',
    ],
    ...[
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: chunked, x',
      'Transfer-Encoding: x, chunked',
      'X: a\r\n Transfer-Encoding: chunked',
    ],
    ...[
      'X: a\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
      'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    ],
    ...[
      'Transfer-Encoding: \x0bchunked',
      'Transfer-Encoding: chunked\x0b',
      "Transfer-Encoding: 'chunked'",
      'Transfer-Encoding:\r\n chunked',
    ],
    ...[
      'Transfer-Encoding: chunked;a',
      'Transfer-Encoding: identity',
      'Transfer-Encoding: chunked\0',
      'Transfer-Encoding: \xffchunked',
      'Transfer-Encoding:',
    ],
    ...[
      'Transfer-Encoding: chunked\r\nContent-Length: 5',
      'Content-Length: 0\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding\r\n: chunked',
      'Content-Encoding: chunked',
    ],
  ),
  3,
)
const size = usually(
  one('#', '#', '#;a', '#;a=b', '0#'),
  one(
    '0x#',
    ' #',
    '# ',
    '#\t',
    '+#',
    '-#',
    '#;',
    '#;a\nb',
    '#\n',
    '10000000#',
    '10000000000000000#',
    '#g',
    '',
    '#;a="\r\n"',
    '#;\0',
    '#\r',
  ),
  9,
)
const chunkEnd = usually(one('\r\n'), one('\n', '', '\r', 'x\r\n', '\r\n\r\n'), 15)
const lastChunk = usually(
  one('0\r\n\r\n', '0\r\n\r\n', '00\r\n\r\n', '0;a\r\n\r\n', '0\r\nX: y\r\n\r\n'),
  one(
    '0\n\n',
    '0\r\n\n',
    '0\r\n',
    '',
    '0\r\nContent-Length: 3\r\n\r\n',
    '0\r\nX\r\n\r\n',
    '0\r\nX: a\nY: b\r\n\r\n',
    '-0\r\n\r\n',
    '0\r\n X: y\r\n\r\n',
  ),
  9,
)
const inChunks: fc.Arbitrary<Frame> = fc
  .tuple(coding, size, chunkEnd, lastChunk, fc.constantFrom(1, 3, 1000))
  .map(([line, written, end, last, most]) => (text) => {
    const chunks = text.match(new RegExp(`[\\s\\S]{1,${most}}`, 'g')) ?? []
    const sent = chunks
      .slice(0, 9)
      .map((chunk) => `${written.replaceAll('#', chunk.length.toString(16))}\r\n${chunk}${end}`)
    return `${line}\r\n\r\n${sent.join('')}${last}`
  })

/** Lines on the extent of a body, the end of the head, and the body as it is sent. */
export const framing = fc.oneof(
  { weight: 4, arbitrary: frame(() => '\r\n') },
  { weight: 3, arbitrary: sized },
  { weight: 3, arbitrary: inChunks },
  {
    weight: 1,
    arbitrary: frame(
      (text) => `\r\n${text}`,
      (text) => `\n${text}`,
    ),
  },
)
