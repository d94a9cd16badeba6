import test, { type ExecutionContext } from 'ava'
import { type AnswerHead, parseAnswerHead } from '../../../src/services/upstreams/answer-head.ts'
import { MalformedAnswer } from '../../../src/services/upstreams/malformed.ts'

const usual = 4_000

/** The head of an answer to GET with these lines below its status line. */
const withFields = (...lines: readonly string[]) => ['HTTP/1.1 200 OK', ...lines].join('\r\n')

const readFields = (...lines: readonly string[]): AnswerHead => parseAnswerHead(withFields(...lines), 'GET')

/** Each row: what the head is, as a reader of the table sees it, and the section that forbids it. */
function refusesAll(t: ExecutionContext, rows: readonly (readonly [head: string, section?: string])[]): void {
  for (const [head, section = 'no section'] of rows)
    t.throws(() => parseAnswerHead(head, 'GET'), { instanceOf: MalformedAnswer }, `${section}: ${JSON.stringify(head)}`)
}

test('reads the status line with a reason, without one, and with any text', (t) => {
  const rows: readonly (readonly [string, number])[] = [
    ['HTTP/1.1 200 OK', 200],
    ['HTTP/1.1 200 ', 200],
    ['HTTP/1.1 200', 200],
    ['HTTP/1.1 200  two  spaces ', 200],
    ['HTTP/1.1 404 caf\xe9 \x85\xa0', 404],
    ['HTTP/1.1 500 a\tb: c', 500],
    ['HTTP/1.0 200 OK', 200],
    ['HTTP/1.1 100 Continue', 100],
    // RFC 9110 §15: an unknown class is treated as one of servers' errors, not as no answer.
    ['HTTP/1.1 600 x', 600],
    ['HTTP/1.1 999 x', 999],
  ]
  for (const [head, status] of rows) t.like(parseAnswerHead(head, 'GET'), { status, fields: [] }, JSON.stringify(head))
})

test('refuses what is no status line of HTTP/1.1', (t) => {
  refusesAll(t, [
    ['', 'RFC 9112 §4'],
    ['\r\nHTTP/1.1 200 OK', 'RFC 9112 §2.2, which lets only servers pass over it'],
    [' HTTP/1.1 200 OK', 'RFC 9112 §2.3'],
    ['http/1.1 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/2.0 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/0.9 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/1.2 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/1.10 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/11 200 OK', 'RFC 9112 §2.3'],
    ['HTTP/1.1 099 x', 'RFC 9110 §15'],
    ['HTTP/1.1 000 x', 'RFC 9110 §15'],
    ['HTTP/1.1 99 x', 'RFC 9112 §4'],
    ['HTTP/1.1 1000 x', 'RFC 9112 §4'],
    ['HTTP/1.1 20a x', 'RFC 9112 §4'],
    ['HTTP/1.1 -20 x', 'RFC 9112 §4'],
    ['HTTP/1.1 \xb2\xb0\xb0 x', 'RFC 9112 §4'],
    ['HTTP/1.1  200 OK', 'RFC 9112 §4'],
    ['HTTP/1.1\t200 OK', 'RFC 9112 §4'],
    ['HTTP/1.1 200\tOK', 'RFC 9112 §4'],
    ['HTTP/1.1 200OK', 'RFC 9112 §4'],
    ['HTTP/1.1200 OK', 'RFC 9112 §4'],
    ['HTTP/1.1', 'RFC 9112 §4'],
    ['ICY 200 OK', 'RFC 9112 §4'],
    ['GET / HTTP/1.1', 'RFC 9112 §4'],
  ])
})

test('refuses control characters and lone line ends, wherever they stand', (t) => {
  const controls = Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9)
  for (const code of [...controls, 0x7f]) {
    const character = String.fromCharCode(code)
    refusesAll(t, [
      [`HTTP/1.1 200 O${character}K`, 'RFC 9112 §4'],
      [withFields(`a: b${character}c`), 'RFC 9110 §5.5'],
      [withFields(`a: ${character}`), 'RFC 9110 §5.5'],
      [withFields(`a${character}: b`), 'RFC 9110 §5.1'],
      [withFields('a: b', `${character}b: c`), 'RFC 9110 §5.1'],
      [withFields(`a: b${character}c: d`, 'e: f'), 'RFC 9112 §2.2'],
    ])
  }
  refusesAll(t, [
    ['HTTP/1.1 200 OK\na: b', 'RFC 9112 §2.2'],
    ['HTTP/1.1 200 OK\ra: b', 'RFC 9112 §2.2'],
    ['HTTP/1.1 200 OK\n\ra: b', 'RFC 9112 §2.2'],
    ['HTTP/1.1 200 OK\r\r\na: b', 'RFC 9112 §2.2'],
    [withFields('a: b\n\nc: d'), 'RFC 9112 §2.2'],
    [`${withFields('a: b')}\r`, 'RFC 9112 §2.2'],
    [`${withFields('a: b')}\n`, 'RFC 9112 §2.2'],
  ])
})

test('refuses lines that are no field', (t) => {
  refusesAll(t, [
    [withFields('a : b'), 'RFC 9112 §5.1'],
    [withFields('a\t: b'), 'RFC 9112 §5.1'],
    [withFields('a: b', ' folded'), 'RFC 9112 §5.2'],
    [withFields('a: b', '\tfolded'), 'RFC 9112 §5.2'],
    [withFields('a: b', ' c: d'), 'RFC 9112 §5.2'],
    [withFields(' a: b'), 'RFC 9112 §2.2'],
    [withFields('abc'), 'RFC 9112 §5'],
    [withFields('a', 'b: c'), 'RFC 9112 §5'],
    [withFields('a: b', 'cde'), 'RFC 9112 §5'],
    [withFields(': b'), 'RFC 9110 §5.1'],
    [withFields(':'), 'RFC 9110 §5.1'],
    [withFields('a b: c'), 'RFC 9110 §5.1'],
    [withFields('', 'a: b'), 'RFC 9112 §2.1'],
    ...[...'"(),/;<=>?@[\\]{}\x80\xe9\xff'].map((mark) => [withFields(`a${mark}b: c`), 'RFC 9110 §5.6.2'] as const),
  ])
})

test('reads names in lower case, and every mark that a token may hold', (t) => {
  const name = "X!#$%&'*+-.^_`|~09Az"
  t.deepEqual(readFields(`${name}: b`, '__proto__: 1', 'CONSTRUCTOR: 2').fields, [
    ...[name.toLowerCase(), 'b'],
    ...['__proto__', '1', 'constructor', '2'],
  ])
})

test('keeps values byte for byte, but for spaces and tabs at their ends', (t) => {
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const sound = every.replace(/[\0-\x08\x0a-\x1f\x7f]/g, '')
  t.deepEqual(readFields(`a:!${sound}!`).fields, ['a', `!${sound}!`])
  const rows: readonly (readonly [string, string])[] = [
    ['', ''],
    [' \t ', ''],
    ['b', 'b'],
    ['\t b c\t \t', 'b c'],
    ['b: c:', 'b: c:'],
    [' \xa0b\xa0 ', '\xa0b\xa0'],
    ['\x85 \xff', '\x85 \xff'],
    [' "b" , c ', '"b" , c'],
  ]
  for (const [written, value] of rows)
    t.deepEqual(readFields(`A:${written}`, 'z: 1').fields, ['a', value, 'z', '1'], JSON.stringify(written))
})

test('keeps repeated fields apart, and in their order', (t) => {
  t.deepEqual(readFields('Set-Cookie: a=1', 'b: 2', 'set-cookie: c=3').fields, [
    ...['set-cookie', 'a=1', 'b', '2'],
    ...['set-cookie', 'c=3'],
  ])
})

test('reads how the body is framed (RFC 9112 §6.3)', (t) => {
  const rows: readonly (readonly [AnswerHead['framing'], ...string[]])[] = [
    ['rest'],
    [5, 'Content-Length: 5'],
    [0, 'CONTENT-LENGTH:0'],
    [5, 'Content-Length: \t0000000005\t'],
    [999_999_999_999_999, 'Content-Length: 999999999999999'],
    ['chunked', 'Transfer-Encoding: chunked'],
    ['chunked', 'transfer-encoding:  CHUNKED '],
    ['rest', 'Content-Length-X: 5', 'X-Transfer-Encoding: chunked'],
  ]
  for (const [framing, ...lines] of rows) t.is(readFields(...lines).framing, framing, lines.join())
})

test('refuses lengths that others could read in another way (RFC 9112 §6.3)', (t) => {
  const lengths = ['', '+1', '-1', '-0', '0x1', '1_0', '1e3', '1.0', '5, 5', '5 5', '5,', '"5"', '5\xa0', '\xb2', 'x']
  for (const length of [...lengths, '1000000000000000', '0000000000000005', '18446744073709551621'])
    refusesAll(t, [[withFields(`Content-Length: ${length}`), 'RFC 9112 §6.3']])
  refusesAll(t, [
    [withFields('Content-Length: 5', 'Content-Length: 6'), 'RFC 9112 §6.3'],
    [withFields('Content-Length: 5', 'content-length: 5'), 'RFC 9112 §6.3'],
  ])
})

test('refuses transfer codings other than chunked once, and beside a length (RFC 9112 §6.1)', (t) => {
  const codings = ['', 'gzip', 'identity', 'gzip, chunked', 'chunked, chunked', 'chunked;q=1', 'chunked,', ',chunked']
  for (const coding of [...codings, '"chunked"', 'chunked\xa0', 'xchunked', 'chunkedx', 'chunked, identity'])
    refusesAll(t, [[withFields(`Transfer-Encoding: ${coding}`), 'RFC 9112 §6.1']])
  refusesAll(t, [
    [withFields('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 'RFC 9112 §6.1'],
    [withFields('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'), 'RFC 9112 §6.1'],
    [withFields('Transfer-Encoding: chunked', 'Content-Length: 5'), 'RFC 9112 §6.3'],
    [withFields('Content-Length: 0', 'Transfer-Encoding: chunked'), 'RFC 9112 §6.3'],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked', 'RFC 9112 §6.1'],
    ['HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\nContent-Length: 5', 'RFC 9112 §6.3'],
  ])
})

test('refuses tabs beside the transfer coding, which some read as a part of it', (t) => {
  for (const value of ['chunked\t', 'chunked \t ', '\tchunked'])
    refusesAll(t, [[withFields(`Transfer-Encoding:${value}`), 'RFC 9112 §5 allows them']])
})

test('answers to HEAD, and those of 1xx, 204 and 304, have no body whatever they say of one', (t) => {
  const says = ['', '\r\nContent-Length: 5', '\r\nTransfer-Encoding: chunked']
  for (const say of says) {
    t.is(parseAnswerHead(`HTTP/1.1 200 OK${say}`, 'HEAD').framing, 'none')
    for (const status of [100, 102, 103, 199, 204, 304])
      t.is(parseAnswerHead(`HTTP/1.1 ${status} x${say}`, 'GET').framing, 'none', `${status}${say}`)
    for (const status of [200, 203, 205, 206, 303, 305, 404])
      t.not(parseAnswerHead(`HTTP/1.1 ${status} x${say}`, 'GET').framing, 'none', `${status}${say}`)
  }
})

test('keeps a connection of HTTP/1.1 unless it says close, and of HTTP/1.0 where it says so (RFC 9112 §9.3)', (t) => {
  const rows: readonly (readonly [minor: number, keep: number, ...connection: string[]])[] = [
    [1, usual],
    [0, 0],
    [1, 0, 'close'],
    [1, 0, 'CLOSE'],
    [1, 0, 'x, Close'],
    [1, 0, 'close,x'],
    [1, 0, ', \tclose\t ,'],
    [1, 0, 'keep-alive', 'x', 'close'],
    [1, 0, 'close', 'keep-alive'],
    [1, 0, 'keep-alive, close'],
    [1, usual, 'closed, xclose, close x, "close"'],
    [1, usual, 'x', 'keep-alive'],
    [0, usual, 'keep-alive'],
    [0, usual, 'Keep-Alive'],
    [0, usual, 'x', 'y , KEEP-ALIVE'],
    [0, 0, 'keep-alive', 'close'],
    [0, 0, 'keepalive'],
    [0, 0, ''],
  ]
  for (const [minor, keep, ...connection] of rows) {
    const lines = [`HTTP/1.${minor} 200 OK`, 'Content-Length: 0', ...connection.map((value) => `Connection: ${value}`)]
    t.is(parseAnswerHead(lines.join('\r\n'), 'GET').keep, keep, lines.join())
  }
})

test('refuses news behind which the connection is to close (RFC 9112 §9.6)', (t) => {
  refusesAll(t, [
    ['HTTP/1.1 100 Continue\r\nConnection: close', 'RFC 9112 §9.6'],
    ['HTTP/1.1 103 x\r\nLink: x\r\nConnection: x, Close', 'RFC 9112 §9.6'],
    ['HTTP/1.0 100 Continue', 'RFC 9110 §15.2'],
  ])
  t.is(parseAnswerHead('HTTP/1.1 103 x\r\nKeep-Alive: timeout=1', 'GET').status, 103)
})

test('keeps it two seconds less than the upstream says, ten minutes at most', (t) => {
  const rows: readonly (readonly [keep: number, ...lines: string[]])[] = [
    ...[0, 1, 2].map((seconds) => [0, `Keep-Alive: timeout=${seconds}`] as const),
    [1_000, 'Keep-Alive: timeout=3'],
    [3_000, 'Keep-Alive: timeout=5'],
    [600_000, 'Keep-Alive: timeout=999999'],
    [3_000, 'keep-alive: TIMEOUT=5, max=100'],
    [3_000, 'Keep-Alive: max=100,timeout=5'],
    [3_000, 'Keep-Alive: max=100; timeout=05;'],
    [3_000, 'Keep-Alive: timeout=5', 'Keep-Alive: max=100'],
    [0, 'Keep-Alive: max=100', 'Keep-Alive: timeout=1'],
    [0, 'Keep-Alive: timeout=60', 'Connection: close'],
    ...['', '5', 'timeout', 'timeout=', 'timeout=-1', 'timeout=x', 'timeout=1.5', 'timeout = 9', 'xtimeout=9'].map(
      (junk) => [usual, `Keep-Alive: ${junk}`] as const,
    ),
    [usual, 'Keep-Alive: timeout=9999999'],
    [usual, 'Keep-Alive: timeout=0x9'],
  ]
  for (const [keep, ...lines] of rows) t.is(readFields('Content-Length: 0', ...lines).keep, keep, lines.join())
})
