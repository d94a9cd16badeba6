/** Answers of upstreams as bytes, beside what they say: any that are valid, and some with a fault. */

import fc from 'fast-check'

/** How a body's end is known. */
export type Frame = 'none' | 'length' | 'chunks' | 'rest'

export interface WrittenAnswer {
  /** Of the request. */
  readonly method: string
  readonly bytes: Buffer
  readonly status: number
  /** Name in lower case, value, name, value. */
  readonly fields: readonly string[]
  readonly body: Buffer
  readonly frame: Frame
}

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values)
/** From 0 to 1; nearly all of what `fc.double` makes there is next to 0. */
const share = fc.integer({ min: 0, max: 10_000 }).map((number) => number / 10_000)
const latin1 = (text: string) => Buffer.from(text, 'latin1')

const fieldCharacter = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 9 : code))
const fieldValue = fc
  .oneof(fc.string({ unit: fieldCharacter, maxLength: 20 }), oneOf('', 'a, b', '"quoted"', 'a:b', 'chunked', '5'))
  .map((text) => text.replace(/^[\t ]+|[\t ]+$/g, ''))
const fieldName = oneOf(
  ...['Content-Type', 'Set-Cookie', 'set-cookie', 'X-A', '__proto__', "!#$%&'*+-.^_`|~9", 'ETag', 'Trailer', 'Date'],
  ...['Upgrade', 'Server', 'Content-Encoding', 'X-Content-Length'],
)
const space = oneOf('', ' ', '\t', ' \t ')
const anyField = fc.record({ name: fieldName, value: fieldValue, before: space, after: space })
type AnyField = typeof anyField extends fc.Arbitrary<infer T> ? T : never

const connection = oneOf<AnyField[]>(
  [],
  [],
  ...['close', 'Close', 'keep-alive', 'x, Keep-Alive', 'x-a'].map((value) => [
    { name: 'Connection', value, before: ' ', after: '' },
  ]),
)

const body = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 4, arbitrary: oneOf('', '0\r\n\r\n', '\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', '\n', 'hello').map(latin1) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 60_000, max: 140_000 }).map((length) => Buffer.alloc(length, 'long body ')),
  },
)

const size = fc.record({
  share,
  zeros: fc.nat(4),
  isUpper: fc.boolean(),
  extension: oneOf('', '', '', ';a', ';a=b', ';a="b;\\" c"', ';a;b=c'),
})
type Size = typeof size extends fc.Arbitrary<infer T> ? T : never
const chunking = fc.record({
  sizes: fc.array(size, { maxLength: 4 }),
  last: size,
  trailers: oneOf('', '', '', 'X-Trailer: 1\r\n', 'A:\r\nB: \xe9\r\n'),
})
type Chunking = typeof chunking extends fc.Arbitrary<infer T> ? T : never

function sizeLine(length: number, { zeros, isUpper, extension }: Size): string {
  const digits = length.toString(16)
  return `${'0'.repeat(zeros)}${isUpper ? digits.toUpperCase() : digits}${extension}\r\n`
}

function writeChunks(bytes: Buffer, { sizes, last, trailers }: Chunking): Buffer {
  const pieces: Buffer[] = []
  let left = bytes
  const write = (length: number, how: Size) => {
    if (length > 0) pieces.push(latin1(sizeLine(length, how)), left.subarray(0, length), latin1('\r\n'))
    left = left.subarray(length)
  }
  for (const how of sizes) write(Math.floor(how.share * left.length), how)
  write(left.length, last)
  return Buffer.concat([...pieces, latin1(`${sizeLine(0, last)}${trailers}\r\n`)])
}

const news = fc.array(
  oneOf(
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n',
    'HTTP/1.1 102\r\n\r\n',
    'HTTP/1.1 100 x\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n',
    'HTTP/1.1 199 x\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=1\r\n\r\n',
  ),
  { maxLength: 2 },
)

const parts = fc.record({
  method: fc.oneof({ weight: 6, arbitrary: oneOf('GET') }, { weight: 1, arbitrary: oneOf('HEAD', 'POST', 'OPTIONS') }),
  news: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: news }),
  isOld: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  status: oneOf(200, 200, 200, 201, 203, 204, 205, 206, 301, 304, 404, 500, 599, 600, 999),
  reason: oneOf(' OK', ' ', '', ' not  there ', ' \xe9\xff\t"'),
  fields: fc.array(anyField, { maxLength: 6 }),
  connection,
  body,
  frame: oneOf<Frame>('length', 'length', 'chunks', 'chunks', 'rest'),
  chunking,
})
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never

/** Where the frame's own field stands among the others: in the middle. */
function framedFields({ fields, connection: connected, frame, body: content }: Parts): readonly AnyField[] {
  const half = Math.floor(fields.length / 2)
  const field = (name: string, value: string) => [{ name, value, before: ' ', after: '' }]
  const framing = {
    none: [],
    rest: [],
    length: field('Content-Length', `${content.length}`),
    chunks: field('Transfer-Encoding', content.length % 2 === 0 ? 'chunked' : 'Chunked'),
  }
  return [...fields.slice(0, half), ...framing[frame], ...fields.slice(half), ...connected]
}

function write(given: Parts): WrittenAnswer {
  const { method, status, chunking: how, isOld } = given
  const asked = isOld && given.frame === 'chunks' ? 'length' : given.frame
  const fields = framedFields({ ...given, frame: asked })
  const frame = method === 'HEAD' || status === 204 || status === 304 ? 'none' : asked
  const lines = fields.map(({ name, value, before, after }) => `${name}:${before}${value}${after}\r\n`)
  const head = `${given.news.join('')}HTTP/1.${isOld ? 0 : 1} ${status}${given.reason}\r\n${lines.join('')}\r\n`
  const content = frame === 'none' ? Buffer.alloc(0) : given.body
  const written = frame === 'chunks' ? writeChunks(content, how) : content
  const flat = fields.flatMap(({ name, value }) => [name.toLowerCase(), value])
  return { method, status, frame, fields: flat, body: content, bytes: Buffer.concat([latin1(head), written]) }
}

/** An answer as RFC 9112 has it, in every way in which it may be written. */
export const validAnswer: fc.Arbitrary<WrittenAnswer> = parts.map(write)

const fields = ['Content-Length: 5', 'Content-Length: 0', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity']
const connected = [
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade\r\nUpgrade: x',
  'Keep-Alive: timeout=1',
]
const scrap = oneOf(
  ...['\r', '\n', '\r\n', '\r\n\r\n', '\0', '\t', ' ', '\r\n ', '\t\r\n', '\x0b', '\x7f', '\x85', '\xa0', '\xff'],
  ...[
    ':',
    ';',
    ',',
    '"',
    '\\',
    '=',
    '0',
    '5',
    '-',
    '+',
    'x',
    'f',
    ';a',
    ';a="',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'chunked',
  ],
  ...[...fields, ...connected].flatMap((field) => [`\r\n${field}`, `${field}\r\n`]),
  ...['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 100 x\r\n\r\n', 'HTTP/1.1 103 x\r\nConnection: close\r\n\r\n'],
)
const fault = fc.record({
  /** A share of the bytes; most of what is fragile stands in front. */
  place: fc.oneof(
    { weight: 8, arbitrary: share },
    { weight: 8, arbitrary: share.map((number) => number ** 2) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  /** It moves on to the end of its line: what stands beside a value is read in the most ways. */
  isAtLineEnd: fc.boolean(),
  removed: fc.oneof(
    { weight: 30, arbitrary: oneOf(0, 0, 1, 1, 2, 4) },
    { weight: 1, arbitrary: oneOf(20, Number.POSITIVE_INFINITY) },
  ),
  put: fc.oneof(
    scrap,
    fc.constant(''),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  ),
})

function spoil(answer: WrittenAnswer, faults: readonly (typeof fault extends fc.Arbitrary<infer T> ? T : never)[]) {
  let { bytes } = answer
  for (const { place, isAtLineEnd, removed, put } of faults) {
    const drawn = Math.floor(place * bytes.length)
    const at = isAtLineEnd ? Math.max(drawn, bytes.indexOf('\r\n', drawn)) : drawn
    bytes = Buffer.concat([bytes.subarray(0, at), latin1(put), bytes.subarray(at + removed)])
  }
  return { ...answer, bytes }
}

/** An answer with a fault or two: what it says of itself beside its bytes need not be true. */
export const spoiltAnswer: fc.Arbitrary<WrittenAnswer> = fc
  .tuple(validAnswer, fc.oneof(fc.tuple(fault), fc.tuple(fault), fc.tuple(fault, fault)))
  .map(([answer, faults]) => spoil(answer, faults))

/** Where bytes are cut, each a share of the whole. */
export const cuts = fc.array(share, { maxLength: 6 })
