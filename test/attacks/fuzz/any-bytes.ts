/** Generated connections: requests of the corpus and near the rules of the citadel, one after the other, damaged here and there. */

import fc from 'fast-check'
import { place } from '../../helpers/place.ts'
import { askedOf, requests, writeAsked } from './any-request.ts'
import { citadel } from './citadel.ts'
import { corpusTexts } from './corpus.ts'
import { nameThem } from './escape.ts'
import type { Accounts } from './model/authenticate.ts'
import { resolve } from './model/resolve.ts'
import type { Sent } from './requests.ts'

const nobody = { id: '', issuer: '', scopes: [], roles: [], claims: {} }
const named: Accounts = {
  apiKey: { text: '{{apiKey}}', principal: nobody },
  session: { text: '{{session}}', principal: nobody },
}
const routes = resolve(citadel)

/** A request near a rule, as text in which names stand for credentials. */
const near = requests.map((choice) => {
  const bytes = writeAsked(
    askedOf({ ...choice, host: choice.host === 'shop.example' ? 'away.example' : choice.host }, routes, named),
    choice.body === 'chunked',
  )
  return nameThem(bytes.toString('latin1'), named)
})

/** What readers of HTTP, JSON and policies take apart in more than one way. */
const words: readonly string[] = [
  ...[
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    '\0',
    ':',
    ';',
    ',',
    '"',
    '%',
    '%00',
    '%2e',
    '%2f',
    '%5c',
    '%c0%ae',
    '\\',
    '//',
    '/../',
    '?',
    '#',
    '&',
    '=',
  ],
  ...[
    '\xff',
    '\x80',
    '\xc3\xa9',
    '\xef\xbb\xbf',
    '\x1b',
    '\x7f',
    '\x85',
    '\xa0',
    '{{apiKey}}',
    '{{session}}',
    '{{token:4}}',
    '{{token:0}}',
  ],
  ...[
    'Content-Length: 0\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 5, 5\r\n',
    'Content-Length: +5\r\n',
    'Content_Length: 5\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
    'transfer_encoding: chunked\r\n',
  ],
  ...[
    'Transfer-Encoding:\x0bchunked\r\n',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
    'TE: trailers\r\n',
    ' folded\r\n',
    '\tfolded\r\n',
  ],
  ...[
    'Connection: close\r\n',
    'Connection: keep-alive, X-User-Id\r\n',
    'Connection: Authorization\r\n',
    'Connection: Content-Length\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
  ],
  ...[
    'Upgrade: h2c\r\nConnection: Upgrade\r\n',
    'Expect: 100-continue\r\n',
    'Expect: x\r\n',
    'Host: other.example\r\n',
    'Host:\r\n',
    'Host: gate.example@away.example\r\n',
  ],
  ...[
    'X-User-Id: root\r\n',
    'X-User-Roles: admin\r\n',
    'X_User_Roles: admin\r\n',
    'X.User.Scopes: things:admin\r\n',
    'X-Forwarded-For: 192.0.2.1\r\n',
    'Forwarded: for=192.0.2.1\r\n',
  ],
  ...[
    'X-HTTP-Method-Override: DELETE\r\n',
    'X-Original-URL: /open/inside\r\n',
    'X-Rewrite-URL: /open/inside\r\n',
    'Cookie: __Host-session={{session}}\r\n',
    'Cookie: theme=a; theme=b\r\n',
  ],
  ...[
    'Authorization: Bearer {{token:4}}\r\n',
    'X-API-Key: {{apiKey}}\r\n',
    'Accept: application/problem+json\r\n',
    'Content-Encoding: gzip\r\n',
    'Content-Type: application/json\r\n',
    'Origin: https://shop.example\r\n',
  ],
  ...[
    'Content-Type: application/x-www-form-urlencoded\r\n',
    'Content-Type: multipart/form-data; boundary=a\r\n',
    '--a\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--a--\r\n',
  ],
  ...[
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/1.1',
    'HTTP/2.0',
    'http/1.1',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'TRACE',
    'CONNECT',
    'OPTIONS *',
    'GET http://gate.example/things HTTP/1.1',
  ],
  ...[
    '"__proto__":',
    '"constructor":',
    '{"a":1,"a":2}',
    '9007199254740993',
    '1e999',
    '-0',
    '[',
    '{',
    '}',
    'null',
    '\\ud800',
    '\\u0000',
  ],
  ...[
    '0\r\n\r\n',
    '5\r\nabcde\r\n',
    'ffffffff\r\n',
    '5;x=y\r\nabcde\r\n',
    '0x5\r\n',
    '0\r\nX-User-Id: root\r\n\r\n',
    'GET /open/inside HTTP/1.1\r\nHost: gate.example\r\n\r\n',
  ],
]

type Mutation = readonly [kind: number, place: number, amount: number]

const lineAt = (text: string, at: number): readonly [from: number, to: number] => {
  const from = text.lastIndexOf('\n', at - 1) + 1
  const to = text.indexOf('\n', at)
  return [from, to === -1 ? text.length : to + 1]
}

/** One kind of damage at a place; what it does is said by its name. */
const damages: Readonly<Record<string, (text: string, at: number, amount: number) => string>> = {
  overwrite: (text, at, amount) => text.slice(0, at) + String.fromCharCode(amount % 256) + text.slice(at + 1),
  insert: (text, at, amount) => text.slice(0, at) + String.fromCharCode(amount % 256) + text.slice(at),
  remove: (text, at, amount) => text.slice(0, at) + text.slice(at + 1 + (amount % 8)),
  write: (text, at, amount) => text.slice(0, at) + words[amount % words.length] + text.slice(at),
  replace: (text, at, amount) => {
    const word = words[amount % words.length] ?? ''
    return text.slice(0, at) + word + text.slice(at + word.length)
  },
  addLine: (text, at, amount) => {
    const [from] = lineAt(text, at)
    const word = words[amount % words.length] ?? ''
    return text.slice(0, from) + (word.endsWith('\n') ? word : `${word}\r\n`) + text.slice(from)
  },
  repeatLine: (text, at, amount) => {
    const [from, to] = lineAt(text, at)
    return text.slice(0, to) + text.slice(from, to).repeat(amount % 50 === 0 ? 300 : 1) + text.slice(to)
  },
  dropLine: (text, at) => {
    const [from, to] = lineAt(text, at)
    return text.slice(0, from) + text.slice(to)
  },
  repeat: (text, at, amount) =>
    text.slice(0, at) + text.slice(at, at + (amount % 20)).repeat(1 + (amount % 40)) + text.slice(at),
  flipCase: (text, at) => {
    const char = text[at] ?? ''
    return (
      text.slice(0, at) + (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()) + text.slice(at + 1)
    )
  },
  renumber: (text, at, amount) =>
    text.slice(0, at) +
    text
      .slice(at)
      .replace(/\d+/, (digits) => String(Math.max(0, Number(digits) + ([1, -1, 7, 1e6, -5][amount % 5] ?? 0)))),
  endLine: (text, at, amount) =>
    text.slice(0, at) + text.slice(at).replace('\r\n', ['\n', '\r', '\r\r\n', '\n\r\n'][amount % 4] ?? ''),
  move: (text, at, amount) => text.slice(at) + text.slice(0, amount % 2 === 0 ? at : 0),
}
const kinds = Object.values(damages)

const damaged = (text: string, mutations: readonly Mutation[]): string =>
  mutations.reduce(
    (all, [kind, place, amount]) => kinds[kind % kinds.length]?.(all, Math.floor(place * all.length), amount) ?? all,
    text,
  )

const mutation: fc.Arbitrary<Mutation> = fc.tuple(fc.nat(kinds.length - 1), place, fc.nat(2000))

export const connections: fc.Arbitrary<Sent> = fc
  .record({
    parts: fc.array(
      fc.oneof({ weight: 3, arbitrary: near }, { weight: 2, arbitrary: fc.constantFrom(...corpusTexts('requests')) }),
      { minLength: 1, maxLength: 3 },
    ),
    mutations: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 4, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 6, size: 'max' }) },
    ),
    cuts: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(place, { maxLength: 4 })),
    aborts: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  })
  .map(({ parts, mutations, cuts, aborts }) => ({ text: damaged(parts.join(''), mutations), cuts, aborts }))
