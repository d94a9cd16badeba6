/** Bytes that are refused, by what is wrong with them: the message, and what was sent. */

export const host = 'Host: a\r\n'
const chunkedCoding = 'Transfer-Encoding: chunked\r\n'

/** A POST with these lines, and what follows its head. */
export const post = (lines: string, body = ''): string => `POST /p HTTP/1.1\r\n${host}${lines}\r\n${body}`
/** A POST in chunks, written out as they are sent. */
export const chunked = (body: string): string => post(chunkedCoding, body)
export const get = (target: string, lines = host, version = 'HTTP/1.1'): string =>
  `GET ${target} ${version}\r\n${lines}\r\n`

type Shapes = Readonly<Record<string, string>>

const fiveLong = (value: string) => post(`Content-Length: ${value}\r\n`, 'abcde')
const coded = (line: string) => post(`${line}\r\n`, '0\r\n\r\n')
const lined = (lines: string) => get('/l', `${host}${lines}\r\n`)

const length = 'Ambiguous Content-Length or Transfer-Encoding'
const field = 'Malformed header field'
const chunk = 'Malformed chunked body'
const line = 'Malformed request line'
const method = 'Unknown method'
const target = 'Malformed request target'
const tooLarge = 'Request header fields too large'
const otherHost = 'Request target names another host than the Host header'

export const refused: Readonly<Record<string, Shapes>> = {
  [length]: {
    'two lengths in a line': fiveLong('5 5'),
    'a list of one length': fiveLong('5,'),
    'a length with an underscore': fiveLong('5_0'),
    'a length with a parameter': fiveLong('5;'),
    'a length with an exponent': fiveLong('1e1'),
    'a length with a point': fiveLong('5.0'),
    'a quoted length': fiveLong('"5"'),
    'a vertical tab before a length': fiveLong('\x0b5'),
    'a no-break space before a length': fiveLong('\xa05'),
    'a fullwidth digit': fiveLong('\xef\xbc\x95'),
    'a length of 2^64': post('Content-Length: 18446744073709551616\r\n'),
    'lengths around another header': post('Content-Length: 5\r\nX: a\r\nContent-Length: 0\r\n', 'abcde'),
    'lengths in two cases': post('content-length: 5\r\nCONTENT-LENGTH: 6\r\n', 'abcde'),
    'chunked twice in a line': coded('Transfer-Encoding: chunked, chunked'),
    'identity after chunked': coded('Transfer-Encoding: chunked, identity'),
    'an empty member after chunked': coded('Transfer-Encoding: chunked,'),
    'spaces after chunked': coded('Transfer-Encoding: chunked \t'),
    'a Content-Length in the trailer': chunked('5\r\nabcde\r\n0\r\nContent-Length: 100\r\n\r\n'),
    'a Transfer-Encoding in the trailer': chunked('5\r\nabcde\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  },
  'Transfer-Encoding must be `chunked` alone, without Content-Length, in HTTP/1.1': {
    'a word before chunked': coded('Transfer-Encoding: x chunked'),
    'chunked in two words': coded('Transfer-Encoding: chun ked'),
    'chunked in two lines': coded('Transfer-Encoding: chun\r\nTransfer-Encoding: ked'),
    'identity in another line': coded('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'),
    'identity before chunked': coded('Transfer-Encoding: identity, chunked'),
    'chunked in HTTP/1.0': `POST /p HTTP/1.0\r\n${host}${chunkedCoding}\r\n0\r\n\r\n`,
  },
  'HTTP version must be 1.0 or 1.1': { 'version 0.9': get('/', host, 'HTTP/0.9') },
  [field]: {
    'a space before the colon of Content-Length': post('Content-Length : 5\r\n', 'abcde'),
    'a tab before the colon of Transfer-Encoding': coded('Transfer-Encoding\t: chunked'),
    'a folded Transfer-Encoding': coded('Transfer-Encoding:\r\n chunked'),
    'a fold behind Transfer-Encoding': coded('X: a\r\nTransfer-Encoding: chunked\r\n\tx'),
    'a CR in Transfer-Encoding': coded('Transfer-Encoding: chun\rked'),
    'a NUL in Transfer-Encoding': coded('Transfer-Encoding: chunked\0'),
    'a folded Host': get('/l', 'Host:\r\n a\r\n'),
    'a space before the colon of Host': get('/l', 'Host : a\r\n'),
    'a CR in place of a line end': get('/l', 'Host: a\rX: b\r\n'),
    'a fold by a tab': lined('X: a\r\n\tb'),
    'a line of spaces': lined('X: a\r\n  '),
    'a head that ends with an LF': `GET /l HTTP/1.1\r\n${host}\n`,
    'a space in a name': lined('X Y: b'),
    'a byte beyond ASCII in a name': lined('X\xe9: b'),
    'a control byte in a name': lined('X\x01: b'),
    'a NUL in a name': lined('X\0: b'),
    'a bracket in a name': lined('X(: b'),
    'a quoted name': lined('"X": b'),
    'a control byte in a value': lined('X: a\x01b'),
    'a DEL in a value': lined('X: a\x7fb'),
    'an escape in a value': lined('X: a\x1bb'),
    'a vertical tab in a value': lined('X: a\x0bb'),
    'a broken trailer': chunked('5\r\nabcde\r\n0\r\nbroken\r\n\r\n'),
    'a trailer that ends with an LF': chunked('5\r\nabcde\r\n0\r\n\n'),
  },
  [chunk]: {
    'an LF after Transfer-Encoding': post('Transfer-Encoding: chunked\n', '0\r\n\r\n'),
    'a chunk of 0x5': chunked('0x5\r\nabcde\r\n0\r\n\r\n'),
    'a chunk of -1': chunked('-1\r\nabcde\r\n0\r\n\r\n'),
    'a chunk of +5': chunked('+5\r\nabcde\r\n0\r\n\r\n'),
    'a chunk of g': chunked('g\r\nabcde\r\n0\r\n\r\n'),
    'a space before a size': chunked(' 5\r\nabcde\r\n0\r\n\r\n'),
    'a space after a size': chunked('5 \r\nabcde\r\n0\r\n\r\n'),
    'a tab after a size': chunked('5\t\r\nabcde\r\n0\r\n\r\n'),
    'a space before an extension': chunked('5 ;a\r\nabcde\r\n0\r\n\r\n'),
    'a chunk without a size': chunked('\r\nabcde\r\n0\r\n\r\n'),
    'an extension without a size': chunked(';a\r\nabcde\r\n0\r\n\r\n'),
    'an extension without a name': chunked('5;\r\nabcde\r\n0\r\n\r\n'),
    'an LF after a size': chunked('5\nabcde\r\n0\r\n\r\n'),
    'an LF after an extension': chunked('5;a\nabcde\r\n0\r\n\r\n'),
    'an LF in a quoted extension': chunked('5;a="\n"\r\nabcde\r\n0\r\n\r\n'),
    'a CR in an extension': chunked('5;a\rx\r\nabcde\r\n0\r\n\r\n'),
    'a NUL in an extension': chunked('5;\0\r\nabcde\r\n0\r\n\r\n'),
    'an LF after the bytes of a chunk': chunked('5\r\nabcde\n0\r\n\r\n'),
    'nothing after the bytes of a chunk': chunked('5\r\nabcde0\r\n\r\n'),
    'more bytes than the size of a chunk': chunked('5\r\nabcdefg\r\n0\r\n\r\n'),
    'a last chunk that ends with an LF': chunked('5\r\nabcde\r\n0\n\n'),
    'a size beyond 64 bits': chunked('10000000000000005\r\nabcde\r\n0\r\n\r\n'),
    'an LF in the trailer': chunked('5\r\nabcde\r\n0\r\nX: a\nY: b\r\n\r\n'),
  },
  [line]: {
    'version 1.2': get('/', host, 'HTTP/1.2'),
    'version 3.0': get('/', host, 'HTTP/3.0'),
    'version 1.10': get('/', host, 'HTTP/1.10'),
    'version 01.1': get('/', host, 'HTTP/01.1'),
    'version 1': get('/', host, 'HTTP/1'),
    'no version number': get('/', host, 'HTTP/'),
    'a version in lower case': get('/', host, 'http/1.1'),
    'a space in the version': get('/', host, 'HTTP /1.1'),
    'a space after the version': get('/', host, 'HTTP/1.1 '),
    'another protocol': get('/', host, 'ICE/1.0'),
    'a request line that ends with an LF': `GET /l HTTP/1.1\n${host}\r\n`,
    'lines that end with LFs': 'GET /l HTTP/1.1\nHost: a\n\n',
    'a method of RTSP': `DESCRIBE / HTTP/1.1\r\n${host}\r\n`,
  },
  [method]: {
    'a tab after the method': `GET\t/ HTTP/1.1\r\n${host}\r\n`,
    'a space before the method': ` GET / HTTP/1.1\r\n${host}\r\n`,
    'a method of 20,000 bytes': `${'A'.repeat(20_000)} / HTTP/1.1\r\n${host}\r\n`,
    'a header of a proxy protocol': `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${get('/l')}`,
    'a TLS hello': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'a'.repeat(500)}`,
    'a hello of SSL 2': '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10',
  },
  [target]: {
    'an empty target': `GET  HTTP/1.1\r\n${host}\r\n`,
    'an authority': get('a:80'),
    'a scheme without slashes': get('http:/a/l'),
    'a NUL in the target': get('/a\0b'),
    'a DEL in the target': get('/a\x7fb'),
    'a tab in the target': get('/a\tb'),
  },
  [otherHost]: {
    'an absolute target of another host': get('http://b/l'),
    'an absolute target with a port': get('http://a:80/l'),
    'an absolute target with a user': get('http://u@a/l'),
    "an absolute target with a root's dot": get('http://a./l'),
    'an absolute target in HTTP/1.0 without Host': get('http://a/l', '', 'HTTP/1.0'),
  },
  'Request target must be a path': {
    'an asterisk': `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    'an absolute target of another scheme': get('ws://a/l'),
    'an absolute target without a host': get('http:///l'),
  },
  'Host header is missing or empty': {
    'no Host beside an absolute target': get('http://a/l', ''),
    'a Host of spaces': get('/l', 'Host:  \t\r\n'),
  },
  'Header `host` stands twice': { 'two Hosts alike': get('/l', 'Host: a\r\nhost: a\r\n') },
  'Host header must be a host name or an address, with or without a port': {
    'a list of Hosts': get('/l', 'Host: a, b\r\n'),
    'a Host with a path': get('/l', 'Host: a/b\r\n'),
    'a Host with a scheme': get('/l', 'Host: http://a\r\n'),
    'a Host with a port of a word': get('/l', 'Host: a:http\r\n'),
    'a Host with two ports': get('/l', 'Host: a:1:2\r\n'),
    'an IPv6 Host without brackets': get('/l', 'Host: ::1\r\n'),
    'an IPv6 Host with a zone': get('/l', 'Host: [fe80::1%25eth0]\r\n'),
    'a Host with an escape': get('/l', 'Host: a%2eb\r\n'),
  },
  [tooLarge]: {
    'a target of 20,000 bytes': get(`/${'a'.repeat(20_000)}`),
    'a name of 20,000 bytes': lined(`${'A'.repeat(20_000)}: a`),
    'a value of 20,000 bytes': lined(`X: ${'a'.repeat(20_000)}`),
    '1500 headers of three bytes': get('/l', `${host}${'b:\r\n'.repeat(1500)}`),
    '1500 headers before a second Host': get('/l', `${host}${'b:\r\n'.repeat(1500)}Host: b\r\n`),
    '1500 headers before a length': post(`${'b:\r\n'.repeat(1500)}Content-Length: 5\r\n`, 'abcde'),
    'a trailer of 40,000 bytes': chunked(`5\r\nabcde\r\n0\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`),
    'a trailer of 9000 headers': chunked(`5\r\nabcde\r\n0\r\n${'X: a\r\n'.repeat(9000)}\r\n`),
  },
  'HTTP/2 is not spoken here': { 'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  'Request body too large': {
    'an extension of 20,000 bytes': chunked(`5;${'a'.repeat(20_000)}\r\nabcde\r\n0\r\n\r\n`),
  },
  'Method not allowed': {
    'a tunnel to a host': `CONNECT a:443 HTTP/1.1\r\n${host}\r\n`,
    'a tunnel to a path': `CONNECT /l HTTP/1.1\r\n${host}\r\n`,
    TRACE: `TRACE /l HTTP/1.1\r\n${host}\r\n`,
    PROPFIND: `PROPFIND /l HTTP/1.1\r\n${host}\r\n`,
  },
}
