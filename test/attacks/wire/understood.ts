/** Odd bytes that have one meaning all the same: what the destination gets of them, request by request. */

import { chunked, get, host, post } from './refused.ts'

type Understood = Readonly<Record<string, readonly [bytes: string, ...arrived: string[]]>>

const abcde = 'POST /p abcde'
const fiveLong = (line: string) => post(`${line}\r\n`, 'abcde')

export const understood: Understood = {
  'a length with leading zeros': [fiveLong('Content-Length: 0005'), abcde],
  'spaces around a length': [fiveLong('Content-Length:  \t5 \t'), abcde],
  'a length in odd letters': [fiveLong('cONTENT-lENGTH:5'), abcde],
  'a body of a GET': [`GET /l HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nabcde`, 'GET /l abcde'],
  'a body in chunks of a GET': [
    `GET /l HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    'GET /l abc',
  ],
  'a tab before chunked': [post('Transfer-Encoding:\tchunked\r\n', '5\r\nabcde\r\n0\r\n\r\n'), abcde],
  'chunked in odd letters': [post('tRANSFER-eNCODING: cHUNKED\r\n', '5\r\nabcde\r\n0\r\n\r\n'), abcde],
  'a size with leading zeros': [chunked('0005\r\nabcde\r\n000\r\n\r\n'), abcde],
  'sizes in both cases': [
    chunked('A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n'),
    `POST /p ${'0123456789'.repeat(2)}`,
  ],
  'chunks of one byte': [chunked(`${[...'abcde'].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`), abcde],
  'extensions of chunks': [chunked('5;a=b;c\r\nabcde\r\n0;d\r\n\r\n'), abcde],
  'a quoted extension': [chunked('5;a="b; c"\r\nabcde\r\n0\r\n\r\n'), abcde],
  'a trailer, which goes nowhere': [chunked('5\r\nabcde\r\n0\r\nX-T: a\r\nHost: b\r\nAuthorization: c\r\n\r\n'), abcde],
  'a request within a body': [
    post(`Content-Length: ${get('/inner').length}\r\n`, get('/inner')),
    `POST /p ${get('/inner')}`,
  ],
  'a request within a chunk': [
    chunked(`${get('/inner').length.toString(16)}\r\n${get('/inner')}\r\n0\r\n\r\n`),
    `POST /p ${get('/inner')}`,
  ],
  'an absolute target of this host': [get('http://a/l?q'), 'GET /l?q '],
  'an absolute target in odd letters': [get('HTTP://A/l'), 'GET /l '],
  'empty lines before a request': [`\r\n\r\n${get('/l')}`, 'GET /l '],
  'line ends before a request': [`\n\r${get('/l')}`, 'GET /l '],
  'two spaces around a target': [`GET  /l  HTTP/1.1\r\n${host}\r\n`, 'GET /l '],
  'spaces around Host': [get('/l', 'Host: \ta\t \r\n'), 'GET /l '],
  'bytes beyond ASCII in a value': [get('/l', `${host}X: \xe9\xff\r\n`), 'GET /l '],
  'HTTP/1.0 that is to be kept': [
    get('/l', `${host}Connection: keep-alive\r\n`, 'HTTP/1.0') + get('/m'),
    'GET /l ',
    'GET /m ',
  ],
  'three requests in one write': [
    post('Content-Length: 1\r\n', 'a') + get('/l') + chunked('1\r\nb\r\n0\r\n\r\n'),
    'POST /p a',
    'GET /l ',
    'POST /p b',
  ],
}
