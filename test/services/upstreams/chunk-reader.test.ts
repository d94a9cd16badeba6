import test, { type ExecutionContext } from 'ava'
import { ChunkReader } from '../../../src/services/upstreams/chunk-reader.ts'
import { MalformedAnswer } from '../../../src/services/upstreams/malformed.ts'

/** What was data, and what stood behind the end of the body; `undefined` where it did not end. */
interface ReadBody {
  readonly data: string
  readonly behind: string | undefined
}

/** Reads pieces one after another; what comes behind the end is not read. */
function readPieces(pieces: readonly string[]): ReadBody {
  const reader = new ChunkReader()
  let data = ''
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    const end = reader.read(bytes, 0, (start, stop) => {
      data += bytes.toString('latin1', start, stop)
    })
    if (end !== undefined) return { data, behind: bytes.toString('latin1', end) }
  }
  return { data, behind: undefined }
}

const pieces = {
  whole: (text: string) => [text],
  byte: (text: string) => [...text],
  pair: (text: string) => text.match(/..?/gs) ?? [],
}

/** Whole, by ones and by twos. */
function readsAs(t: ExecutionContext, text: string, expected: ReadBody): void {
  t.deepEqual(readPieces(pieces.whole(text)), expected, JSON.stringify(text.slice(0, 200)))
  for (const cut of [pieces.byte, pieces.pair])
    t.is(readPieces(cut(text)).data, expected.data, JSON.stringify(text.slice(0, 200)))
}

function refusesAll(t: ExecutionContext, texts: readonly string[]): void {
  for (const text of texts)
    for (const cut of Object.values(pieces))
      t.throws(() => readPieces(cut(text)), { instanceOf: MalformedAnswer }, JSON.stringify(text.slice(0, 200)))
}

const end = '0\r\n\r\n'

test('reads chunks up to the empty one, and leaves what comes behind', (t) => {
  readsAs(t, end, { data: '', behind: '' })
  readsAs(t, `5\r\nhello\r\n${end}`, { data: 'hello', behind: '' })
  readsAs(t, `5\r\nhello\r\n1\r\n!\r\n${end}HTTP/1.1 200 OK\r\n`, { data: 'hello!', behind: 'HTTP/1.1 200 OK\r\n' })
  readsAs(t, `${end}5\r\nhello\r\n${end}`, { data: '', behind: `5\r\nhello\r\n${end}` })
  readsAs(t, '5\r\nhello\r\n0\r\n', { data: 'hello', behind: undefined })
  readsAs(t, '5\r\nhel', { data: 'hel', behind: undefined })
})

test('reads sizes in either case, with zeros before them, up to twelve digits', (t) => {
  const text = 'x'.repeat(0xab)
  for (const size of ['ab', 'AB', 'aB', '0ab', '0000000000Ab'])
    readsAs(t, `${size}\r\n${text}\r\n${end}`, { data: text, behind: '' })
  readsAs(t, `1\r\na\r\n000000000000\r\n\r\n`, { data: 'a', behind: '' })
  readsAs(t, 'ffffffffffff\r\nabc', { data: 'abc', behind: undefined })
})

test('refuses what is no size', (t) => {
  const sizes = [
    '',
    ' ',
    '5 ',
    ' 5',
    '\t5',
    '5\t',
    '-5',
    '+5',
    '-0',
    '0x5',
    '5h',
    'g',
    '5,5',
    '5 5',
    '5.0',
    '"5"',
    '\xb5',
  ]
  refusesAll(
    t,
    [...sizes, '0000000000005', '1000000000000', 'fffffffffffff'].map((size) => `${size}\r\nhello\r\n${end}`),
  )
})

test('reads over extensions, quoted ones too (RFC 9112 §7.1.1)', (t) => {
  const extensions = [
    ...[
      ';a',
      ';a=b',
      ';a;b=c;d',
      ';a=""',
      ';a="b c"',
      ';a="b;c=d"',
      ';a="\\"b\\\\"',
      ';a="\xe9\t"',
      ';a="\\\xe9"',
      ';a="0\\\t"',
    ],
    `;!#$%&'*+.^_\`|~-=!#$%&'*+.^_\`|~-`,
  ]
  for (const extension of extensions) {
    readsAs(t, `5${extension}\r\nhello\r\n${end}`, { data: 'hello', behind: '' })
    readsAs(t, `5\r\nhello\r\n0${extension}\r\n\r\n`, { data: 'hello', behind: '' })
  }
})

test('refuses extensions that others could read in another way', (t) => {
  const extensions = [
    ...[
      ';',
      ';;a',
      ';a;',
      ';=b',
      ';a=',
      ';a==b',
      ';a=b=c',
      ' ;a',
      '\t;a',
      '; a',
      ';a =b',
      ';a= b',
      ';a ',
      ';a b',
      ';a,b',
    ],
    ...[';a="b', ';a="b\\"', ';a=b"', ';a="b"c', ';a="b" ', ';a=\xe9', ';\xe9', ';a="\0"', ';a="\x7f"', ';a="\x1b"'],
    ...[';a\0', ';a\x7f', ';a=\x0b', ';a="\\\0"', ';a="\r"', ';a="\n"', ';a="\r\n"'],
  ]
  refusesAll(
    t,
    extensions.map((extension) => `5${extension}\r\nhello\r\n${end}`),
  )
})

test('reads over trailers, whatever they name', (t) => {
  const trailers = [
    'a: b',
    'a:',
    'A: \xe9\t"x',
    'a: b\r\nc: d',
    '__proto__: 1',
    'Content-Lengths: 5',
    'X-Content-Length: 5',
  ]
  for (const trailer of trailers)
    readsAs(t, `5\r\nhello\r\n0\r\n${trailer}\r\n\r\nnext`, { data: 'hello', behind: 'next' })
})

test('refuses trailers that are no fields, or speak of the length (RFC 9110 §6.5.1)', (t) => {
  const trailers = [
    ...[
      'a',
      ': b',
      'a : b',
      ' a: b',
      'a b: c',
      'a: b\r\n folded',
      'a: \0',
      'a: \x7f',
      'a: b\rc',
      'a\xe9: b',
      'a: b\n\r\n',
    ],
    ...['Content-Length: 5', 'content-length:', 'Transfer-Encoding: chunked', 'a: b\r\nTRANSFER-ENCODING: identity'],
    'HTTP/1.1 200 OK',
  ]
  refusesAll(
    t,
    trailers.map((trailer) => `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`),
  )
})

test('refuses lines that do not end in CRLF (RFC 9112 §2.2)', (t) => {
  refusesAll(t, [
    `5\nhello\r\n${end}`,
    `5\rhello\r\n${end}\n`,
    `5\r\r\nhello\r\n${end}`,
    `\r5\r\nhello\r\n${end}`,
    `\n5\r\nhello\r\n${end}`,
    `\r\n5\r\nhello\r\n${end}`,
    `5\r\nhello\n${end}`,
    `5\r\nhello\r${end}`,
    `5\r\nhello\r\r\n${end}`,
    `5\r\nhello${end}`,
    '5\r\nhello\r\n0\n\r\n',
    '5\r\nhello\r\n0\r\n\n',
    '5\r\nhello\r\n0\r\n\r\r\n',
    '5\r\nhello\r\n0\r\na: b\n\r\n',
  ])
})

test('refuses a chunk that is longer or shorter than it says', (t) => {
  refusesAll(t, [`4\r\nhello\r\n${end}`, `6\r\nhello\r\n${end}`, `5\r\nhello \r\n${end}`, `0\r\nhello\r\n${end}`])
})

test('data that looks like the end, like chunks or like an answer is data', (t) => {
  const texts = [end, `\r\n${end}`, '5\r\nhello\r\n', '\r\n\r\n', '\n', '\r', `HTTP/1.1 200 OK\r\n\r\n${end}`]
  for (const text of texts) readsAs(t, `${text.length.toString(16)}\r\n${text}\r\n${end}`, { data: text, behind: '' })
})

test('hands every byte on as it came', (t) => {
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  readsAs(t, `100\r\n${every}\r\n${end}`, { data: every, behind: '' })
})

test('refuses a line of more than 4 KiB, and does so before it ends', (t) => {
  const filler = (length: number) => `5;a="${'b'.repeat(length - '5;a=""\r'.length)}"`
  readsAs(t, `${filler(4_096)}\r\nhello\r\n${end}`, { data: 'hello', behind: '' })
  refusesAll(t, [`${filler(4_097)}\r\nhello\r\n${end}`, 'x'.repeat(4_097), `0\r\na: ${'b'.repeat(4_094)}`])
  refusesAll(t, ['0'.repeat(4_097), `1\r\na${'\r'.repeat(4_097)}`])
})

test('refuses trailers of more than 32 KiB together', (t) => {
  const trailer = `a: ${'b'.repeat(1_021)}`
  const trailers = (count: number) => `0\r\n${`${trailer}\r\n`.repeat(count)}`
  t.deepEqual(readPieces([`${trailers(32)}\r\n`]), { data: '', behind: '' })
  refusesAll(t, [trailers(33), `0\r\n${'a:\r\n'.repeat(16 * 1024 + 1)}`])
})
