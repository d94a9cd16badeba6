/** Requests that two readers read in two ways: no client library sends them. */

import type { Source } from '../../../core/site.ts'
import type { Probe } from '../probe.ts'

const head = (line: string, ...fields: readonly string[]): string => [line, ...fields, '', ''].join('\r\n')
const host = 'Host: {host}'

const requests: Readonly<Record<string, string>> = {
  'both Content-Length and Transfer-Encoding': `${head('POST / HTTP/1.1', host, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'two lengths': `${head('POST / HTTP/1.1', host, 'Content-Length: 5', 'Content-Length: 6')}hello`,
  'an odd Transfer-Encoding': `${head('POST / HTTP/1.1', host, 'Transfer-Encoding: xchunked')}0\r\n\r\n`,
  'a Transfer-Encoding behind another one': `${head('POST / HTTP/1.1', host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n`,
  'two Hosts': head('GET / HTTP/1.1', host, 'Host: portcullis-attack.example'),
  'no Host': head('GET / HTTP/1.1'),
  'a target of another host': head('GET http://portcullis-attack.example/ HTTP/1.1', host),
  'a field name with a space': head('GET / HTTP/1.1', host, 'Content-Length : 0'),
  'a folded field': head('GET / HTTP/1.1', host, 'X-Folded: a', ' b'),
  'a bare line feed': `GET / HTTP/1.1\n${host}\n\n`,
  'a NUL in a field': head('GET / HTTP/1.1', host, 'X-Nul: a\0b'),
  'a fragment': head('GET /#portcullis HTTP/1.1', host),
}

export const probeWire = (source: Source): readonly Probe[] =>
  Object.entries(requests).map(([title, raw]) => ({
    guard: 'hygiene',
    route: '',
    source,
    title,
    request: { raw },
    expected: { kind: 'refused', codes: ['request_malformed'] },
  }))
