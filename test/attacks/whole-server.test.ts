/** The whole server under arbitrary requests: answers of HTTP, of the catalogue, and nothing past the policy. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { catalogue } from '../../src/core/denial.ts'
import { type Gate, openGate } from '../helpers/gate.ts'
import { place } from '../helpers/place.ts'
import { AnswerFault, type ReadAnswer, readAnswers } from './answers.ts'
import { cutAt, sendPieces } from './connection.ts'
import { type Arrived, type Destination, openDestination } from './destination.ts'
import { fortress, objection } from './fortress.ts'
import { hold } from './hold.ts'
import { type Claims, corpToken, shopToken } from './issuers.ts'
import { inParallel, write } from './raw-request.ts'

let gate: Gate
let destination: Destination
const faults: unknown[] = []
const log = { info() {}, warn() {}, debug() {}, error: (...said: unknown[]) => void faults.push(said) }

test.before(async () => {
  destination = await openDestination()
  gate = await openGate(fortress(destination.url), { world: { log } })
})
test.after.always(async () => {
  await gate?.close()
  destination?.close()
})

/** Stands in values of requests; no refusal may repeat it. */
const canary = 'canary'
let id = 0
let reached = 0

const rights: Claims = { scope: 'things:read things:write', roles: ['reader'], plan: 'pro' }
const reader = shopToken(rights)
const admin = shopToken({ ...rights, sub: 'root', roles: ['admin'] })
const listOnly = shopToken({ ...rights, scope: 'things:readx xthings:read THINGS:READ', roles: 'admins' })
const expired = shopToken({ ...rights, exp: 1 })
const elsewhere = shopToken({ ...rights, aud: 'other' })
const foreign = corpToken({ ...rights, roles: ['admin'] })

/** What is checked of every answer, whatever was asked. */
function judge(t: ExecutionContext, answer: ReadAnswer): void {
  const { status, headers, body } = answer
  const one = (name: string) => headers.get(name)?.[0]
  t.is(headers.get('x-request-id')?.length, 1)
  t.is(one('x-content-type-options'), 'nosniff')
  if (one('x-destination') !== undefined) return
  t.false([...headers].flat(2).concat(body.toString('latin1')).join('\n').includes(canary))
  if (status < 300) return void t.true([200, 204].includes(status))
  t.regex(one('content-type') ?? '', /^application\/(problem\+)?json$/)
  if (body.length === 0) return
  const { code, message, requestId, detail = message } = JSON.parse(body.toString())
  t.is(catalogue[code as keyof typeof catalogue]?.status, status, code)
  t.not(code, 'internal_error')
  t.is(requestId, one('x-request-id'))
  t.notRegex(detail, /\bat .*\.[jt]s|node:|Error\b|undefined/)
}

/** Sends what stands for so many requests, and judges whatever comes. */
async function attack(t: ExecutionContext, pieces: readonly Buffer[], expected: number, heads: ReadonlySet<string>) {
  const sent = JSON.stringify(Buffer.concat(pieces).toString('latin1'))
  const read = (bytes: Buffer) => readAnswers(bytes, (requestId) => heads.has(requestId))
  try {
    const isDone = (bytes: Buffer) => read(bytes).answers.length >= expected
    const { answers, rest } = read(await sendPieces(gate.port, { pieces, isDone, patience: 3000 }))
    if (rest.length > 0) throw new AnswerFault(`cut short: ${rest.toString('latin1')}`)
    if (answers.length === 0) throw new AnswerFault('no answer')
    for (const answer of answers) judge(t, answer)
    return answers
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error} after ${sent}`, { cause: error })
  }
}

function nothingWentWrong(t: ExecutionContext): void {
  for (const request of destination.arrived) {
    t.is(objection(request), undefined, JSON.stringify({ ...request, body: request.body.toString('latin1') }))
  }
  reached += destination.arrived.length
  destination.arrived.length = 0
  t.deepEqual(faults, [])
}

const often = <T>(usual: readonly T[], odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd })
const noise = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text).toString('latin1'))
const inLine = noise.map((text) => text.replace(/[\r\n]/g, ''))

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']
const method = often(methods, fc.oneof(fc.constantFrom('TRACE', 'PROPFIND', 'get', 'QUERY', 'PRI'), inLine))
const paths = [
  ...['/things', '/things/ada', '/open/any/x', '/open/loose', '/things', '/things/ada', '/open/any/x', '/things/root'],
  ...[
    '/things',
    '/things/ada',
    '/things/root',
    '/things',
    '/things/ada',
    '/open/any/x',
    '/open/loose',
    '/things/',
    '/things/%61da',
    '/things/ada/',
    '/THINGS',
    '/things/../things',
  ],
  ...[
    '/open/any/x',
    '/open/any/',
    '/open/any/a/b%20c',
    '/open/any/%2e%2e/x',
    '/open/loose',
    '/open/inside',
    '/open/fixed',
  ],
  ...[
    '/open/health',
    `/${canary}`,
    `/things/${canary}`,
    '*',
    '//things',
    '/',
    '',
    'http://gate.example/things',
    'things',
    '/things;a=1',
  ],
]
const queries = [
  '',
  '',
  '',
  '',
  '',
  '',
  '?',
  '?page=2',
  '?page=0',
  '?page=1&page=2',
  `?q=${canary}`,
  `?page=${canary}`,
  '?access_token=x',
  '?q=%',
  '?a&b=&=c',
]
const target = fc
  .tuple(
    often(paths, inLine),
    often(
      queries,
      inLine.map((text) => `?${text}`),
    ),
  )
  .map((parts) => parts.join(''))

const tokens = [reader, admin, listOnly, expired, elsewhere, foreign, canary, `${reader}x`, reader.slice(0, -1)]
const authorization = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(['Bearer ', reader], ['Bearer ', admin]) },
  fc.tuple(fc.constantFrom('Bearer ', 'bearer ', 'BEARER  ', 'Basic ', 'Bearer', ''), fc.constantFrom(...tokens)),
)
const headerLine = often(
  [
    ...[
      'Content-Type: application/json',
      'Content-Type: text/plain',
      'Accept: application/problem+json',
      'Expect: 100-continue',
    ],
    ...[
      'Expect: canary',
      'Connection: close',
      'Connection: keep-alive, X-Canary, Authorization',
      'Connection: X-User-Id',
    ],
    ...['Upgrade: websocket', 'Upgrade: h2c', 'TE: trailers', 'Trailer: X-User-Id', 'Transfer-Encoding: chunked'],
    ...[
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding : chunked',
      'Content-Length: 5',
      'Content-Length: +5',
      'Host: other',
    ],
    ...[
      'Origin: https://shop.example',
      'Origin: https://canary.example',
      'Origin: null',
      'Access-Control-Request-Method: POST',
    ],
    ...[
      'X-User-Id: root',
      'X_User_Id: root',
      'X-User-Roles: admin',
      'x.user.scopes: things:read',
      'X-Forwarded-For: 192.0.2.1',
    ],
    ...[
      'Forwarded: for=192.0.2.1',
      'X-Real-IP: 192.0.2.1',
      'X-HTTP-Method-Override: DELETE',
      'X-Original-URL: /open/inside',
    ],
    ...[
      'Cookie: canary=canary',
      'Content-Encoding: gzip',
      '__proto__: canary',
      'constructor: canary',
      'Range: bytes=0-1',
      ' folded',
    ],
  ],
  fc.tuple(inLine, inLine).map((parts) => parts.join(': ')),
)
const bodies = [
  '{"name":"abc"}',
  '{"name":"abc","tags":["a"]}',
  '{"name":"ABC"}',
  '{"name":"abc","x":"canary"}',
  '{"__proto__":{"a":1}}',
  '[]',
]
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...bodies, 'GET /things/root HTTP/1.1\r\nHost: a\r\n\r\n', 'x'.repeat(3000)),
  },
  { weight: 1, arbitrary: noise },
)
const framing = often(['length', 'length', 'chunked'], fc.constantFrom('longer', 'shorter', 'none', 'both', 'broken'))

const request = fc.record({
  method,
  target,
  credential: fc.option(authorization),
  lines: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>(['Content-Type: application/json']) },
    { weight: 2, arbitrary: fc.array(headerLine, { maxLength: 4 }) },
  ),
  body,
  framing,
})
type Odd = typeof request extends fc.Arbitrary<infer T> ? T : never

const frames: Readonly<Record<string, (bytes: Buffer) => string>> = {
  length: (bytes) => `Content-Length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`,
  longer: (bytes) => `Content-Length: ${bytes.length + 7}\r\n\r\n${bytes.toString('latin1')}`,
  shorter: (bytes) => `Content-Length: ${Math.max(0, bytes.length - 7)}\r\n\r\n${bytes.toString('latin1')}`,
  none: (bytes) => `\r\n${bytes.toString('latin1')}`,
  chunked: (bytes) =>
    `Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n0\r\n\r\n`,
  both: (bytes) =>
    `Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n0\r\n\r\n`,
  broken: (bytes) =>
    `Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)};\r\n${bytes.toString('latin1')}0\r\n`,
}

function writeOdd(
  { method: verb, target: where, credential, lines, body: text, framing: how }: Odd,
  requestId: string,
): string {
  const shown = credential === null ? '' : `Authorization: ${credential.join('')}\r\n`
  const head = `${verb} ${where} HTTP/1.1\r\nHost: gate.example\r\nX-Canary: ${canary}\r\nX-Request-Id: ${requestId}\r\n${shown}`
  const others = lines.map((line) => `${line}\r\n`).join('')
  return `${head}${others}${text === undefined ? '\r\n' : frames[how]?.(Buffer.from(text, 'latin1'))}`
}

const connection = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  cuts: fc.array(place, { maxLength: 5 }),
  /** Bytes that are written over others, each at a place from 0 to 1. */
  damage: fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 3 })),
})

test.serial(
  'whatever comes, every answer is HTTP and of the catalogue, and nothing passes that the policy refuses',
  async (t) => {
    await hold(fc.array(connection, { minLength: 80, maxLength: 80 }), 50, async (connections) => {
      await inParallel(connections, 80, async ({ requests, cuts, damage }) => {
        const isDamaged = damage.length > 0
        const heads = new Set<string>()
        const texts = requests.map((odd) => {
          const requestId = `r${id++}`
          // An id that was damaged tells nothing any more, and only HEAD needs to be told apart.
          const safe = isDamaged && odd.method === 'HEAD' ? { ...odd, method: 'GET' } : odd
          if (safe.method === 'HEAD') heads.add(requestId)
          return writeOdd(safe, requestId)
        })
        const bytes = Buffer.from(texts.join(''), 'latin1')
        for (const [place, byte] of damage) bytes[Math.floor(place * bytes.length)] = byte
        await attack(t, cutAt(bytes, cuts), requests.length, heads)
      })
      nothingWentWrong(t)
    })
    t.true(reached > 20)
    t.is((await gate.call('GET', '/open/fixed')).body, 'fixed')
  },
)

interface Caller {
  readonly token: string | undefined
  readonly claims: Claims | undefined
  /** The prefix of the routes that take its tokens. */
  readonly accepts: string
}

const callers: readonly Caller[] = [
  { token: undefined, claims: undefined, accepts: '/open' },
  { token: reader, claims: { ...rights, sub: 'ada', iss: 'https://shop.example/' }, accepts: '/things' },
  {
    token: admin,
    claims: { ...rights, sub: 'root', roles: ['admin'], iss: 'https://shop.example/' },
    accepts: '/things',
  },
  {
    token: listOnly,
    claims: { scope: 'things:readx', sub: 'ada', roles: ['admins'], iss: 'https://shop.example/' },
    accepts: '/things',
  },
  {
    token: foreign,
    claims: { ...rights, sub: 'ada', roles: ['admin'], iss: 'https://corp.example/' },
    accepts: '/open',
  },
  { token: expired, claims: undefined, accepts: '' },
  { token: elsewhere, claims: undefined, accepts: '' },
]

const clean = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'),
  path: fc.constantFrom(
    '/things',
    '/things/ada',
    '/things/root',
    '/things/a%20b',
    '/open/any/x',
    '/open/any/x/y',
    '/open/loose',
  ),
  query: fc.constantFrom('', '', '?page=2', '?page=0', '?page=2&q=x', '?other=1'),
  caller: fc.constantFrom(...callers),
  body: fc.constantFrom(undefined, undefined, undefined, ...bodies, 'x'.repeat(1025)),
})
type Clean = typeof clean extends fc.Arbitrary<infer T> ? T : never

/** The request as the destination would have to get it. */
function asArrived({ method: verb, path, query, caller: { claims }, body: text = '' }: Clean): Arrived {
  const user = claims && {
    'x-user-id': String(claims.sub),
    'x-user-issuer': String(claims.iss),
    'x-user-scopes': String(claims.scope),
    'x-user-roles': [claims.roles].flat().join(' '),
  }
  return { method: verb, url: path + query, headers: { ...user }, body: Buffer.from(text) }
}

test.serial('of well-formed requests exactly those arrive that the policy lets through, once', async (t) => {
  await hold(fc.array(clean, { minLength: 50, maxLength: 50 }), 20, async (requests) => {
    await inParallel(requests, 10, async (asked) => {
      const { method: verb, path, query, caller, body: text } = asked
      const mark = `c${id++}`
      const shown = caller.token === undefined ? '' : `Authorization: Bearer ${caller.token}\r\n`
      const headers = `X-Case: ${mark}\r\nX-Request-Id: ${mark}\r\nContent-Type: application/json\r\n${shown}`
      const bytes = write({ method: verb, target: path + query, headers, ...(text !== undefined && { body: text }) })
      const [answer] = await attack(t, [bytes], 1, new Set(verb === 'HEAD' ? [mark] : []))
      const arrived = destination.arrived.filter((request) => request.headers['x-case'] === mark)
      const isAllowed =
        caller.accepts !== '' &&
        (path.startsWith(caller.accepts) || caller.token === undefined) &&
        objection(asArrived(asked)) === undefined
      t.is(arrived.length, isAllowed ? 1 : 0, JSON.stringify({ ...asked, status: answer?.status }))
      t.is(answer?.headers.has('x-destination'), isAllowed)
    })
    nothingWentWrong(t)
  })
})
