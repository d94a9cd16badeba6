/** Generated requests near the rules of a policy. */

import fc from 'fast-check'
import { valueNear } from './any-schema.ts'
import { tokens } from './credentials.ts'
import { type Accounts, sessionCookie } from './model/authenticate.ts'
import type { Asked } from './model/request.ts'
import type { Resolved } from './model/resolve.ts'
import type { Json } from './policy.ts'

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const often = <T>(usual: T, odd: fc.Arbitrary<T>, weight = 4): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })

/** What is asked, in terms of whatever policy it meets: every number is taken modulo what there is. */
export const requests = fc.record({
  route: fc.nat(9),
  /** Milliseconds that pass before it. */
  pause: often(0, some(1000, 70_000), 6),
  method: often<string>('', some('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'), 5),
  path: often<string>('', some('/more', '/', '//', '/../a', '/%2e', ';x', '%00', '%2f', '?'), 14),
  spelling: often<string>('', some('upper', 'escaped')),
  host: often<string>(
    'fit',
    some('shop.example', 'a.shop.example', 'other.example', 'GATE.example:80', 'GATE.example:80', ''),
    8,
  ),
  /** `fit`: what the route asks for, of somebody with many rights. */
  who: often<string>('fit', some('fitAda', 'none', 'other'), 3),
  token: fc.oneof(fc.nat(7), fc.nat(tokens.length - 1)),
  scheme: often<string>('Bearer ', some('bearer ', 'BEARER  ', 'Basic ', 'Bearer', '', 'Token '), 8),
  apiKey: often<string>('', some('good', 'good', 'bad'), 3),
  session: often<string>('', some('good', 'good', 'good', 'bad', 'twice', 'both'), 2),
  origin: often<string>(
    '',
    some(
      'https://shop.example',
      'https://a.shop.example',
      'https://app.example',
      'http://app.example:8080',
      'null',
      'https://a.b.shop.example',
      'https://gate.example',
      'https://xshop.example',
    ),
    2,
  ),
  site: often<string>('', some('same-origin', 'none', 'cross-site', 'same-site'), 2),
  preflight: often<string>('', some('GET', 'POST', 'PUT', 'DELETE'), 5),
  asks: often<string>('', some('authorization', 'x-own', 'content-type, x-evil', 'If-Match')),
  forwarded: often<string>('', some('192.0.2.7', '10.1.1.1', '192.0.2.7, 10.1.1.1', '10.1.1.1, 192.0.2.9')),
  spoof: often<string>(
    '',
    some('X-User-Id', 'X_User_Roles', 'X-Real-IP', 'X-Forwarded-Host', 'X-HTTP-Method-Override'),
  ),
  query: fc.array(fc.nat(99), { maxLength: 8 }),
  dice: fc.array(fc.nat(99), { maxLength: 24 }),
  body: often<string>(
    'schema',
    some('none', 'some', 'twice', 'cut', 'big', 'latin', 'bom', 'huge', 'chunked', 'chunked'),
    6,
  ),
  type: often<string>(
    'application/json',
    some(
      '',
      'text/plain',
      'application/json; charset=utf-8',
      'application/json; charset=utf-7',
      'application/jsonx',
      'APPLICATION/JSON',
    ),
    6,
  ),
})

export type Choice = typeof requests extends fc.Arbitrary<infer T> ? T : never

/** A request without anything odd. */
export const plain: Choice = {
  ...{ route: 0, pause: 0, method: '', path: '', spelling: '', host: 'fit', who: 'fit', token: 0, scheme: 'Bearer ' },
  ...{ apiKey: '', session: '', origin: '', site: '', preflight: '', asks: '', forwarded: '', spoof: '' },
  ...{ query: [], dice: [], body: 'schema', type: 'application/json' },
}

/** Draws from a list of numbers, and zeros after it. */
function diceOf(numbers: readonly number[]): () => number {
  let at = 0
  return () => numbers[at++] ?? 0
}

const ids = [
  'ada',
  'bob',
  'x',
  '3',
  'a%20b',
  'A',
  '0b2e3b3a-8f5c-4c3e-9d1a-2f6b7c8d9e0f',
  'AB-12',
  'x'.repeat(257),
  '%C3%A9',
  '2024-02-29',
]

function pathOf({ segments }: Resolved, { dice, path, spelling }: Choice): string {
  const next = diceOf(dice)
  const parts = segments.map((segment) => {
    if (segment.startsWith(':')) return ids[next() % ids.length]
    return segment.startsWith('*') ? ['', 'x', 'x/y'][next() % 3] : segment
  })
  const text = `/${parts.join('/')}${path === '?' ? '' : path}`
  if (spelling === 'upper') return text.replace(/[a-c]/, (char) => char.toUpperCase())
  return spelling === 'escaped' ? text.replace(/[a-z]/, (char) => `%${Buffer.from(char).toString('hex')}`) : text
}

function queryOf({ input: { query = {} } }: Resolved, { query: numbers, path }: Choice): string {
  const next = diceOf(numbers)
  const declared = query === 'any' ? { q: { type: 'string' } } : query
  const pieces = Object.entries(declared).flatMap(([name, schema]) => {
    if (next() % 3 === 1 && (schema as Json).required !== true) return []
    const values = [valueNear(schema as Json, next)].flat()
    return values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value))}`)
  })
  const more = ['', 'q=a', 'other=1', 'q=%ff', 'a;b', '&&', 'q=a+b'][next() % 40]
  const all = [...pieces, ...(more ? [more] : [])].join('&')
  return all === '' && path !== '?' ? '' : `?${all}`
}

const textOf = (value: unknown): string =>
  (typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed()
/** What a header can carry without being read in two ways. */
const lineOf = (value: unknown): string => textOf(value).replace(/[^\x21-\x7e]|[,;="]/g, '')

function bodyOf({ input: { body: schema } }: Resolved, { body, dice }: Choice): Buffer | undefined {
  const next = diceOf(dice)
  if (body === 'none') return undefined
  if (schema === undefined && body !== 'some') return undefined
  const value = schema === undefined || schema === 'any' ? { a: 1 } : valueNear(schema, next)
  const text = JSON.stringify(value)
  if (body === 'twice') return Buffer.from(text.replace(/^\{(.+)\}$/, (_, inner: string) => `{${inner},${inner}}`))
  if (body === 'cut') return Buffer.from(text.slice(0, -1) || '[')
  if (body === 'big') return Buffer.from(`${text}${' '.repeat(1100)}`)
  if (body === 'latin') return Buffer.from(`${text.slice(0, -1)}\xff`, 'latin1')
  if (body === 'bom') return Buffer.from(`\ufeff${text}`)
  return Buffer.from(body === 'huge' ? text.replace(/\d+/, '9007199254740993') : text)
}

type Line = readonly [name: string, value: string]

/** A good credential of the first kind that the route takes. */
function fitting(
  { authenticate: [method] }: Resolved,
  { who }: Choice,
  { apiKey, session }: Accounts,
): readonly Line[] {
  if (method === undefined || method === 'public') return []
  if (method === 'apiKey') return [['X-API-Key', apiKey.text]]
  if (method === 'session') return [['Cookie', `${sessionCookie}=${session.text}`]]
  const [issuer] = method.jwt.issuers
  const isStrong = method.jwt.acr !== undefined || method.jwt.maxAge !== undefined
  const good = tokens.filter((token) => token.issuer === issuer && token.principal !== undefined)
  const id = who === 'fit' && !isStrong ? 'root' : 'ada'
  const token = good.find(({ principal }) => principal?.id === id && (!isStrong || principal.claims.acr === 'mfa'))
  return token === undefined ? [] : [['Authorization', `Bearer ${token.text}`]]
}

function credentialsOf(route: Resolved, choice: Choice, accounts: Accounts): readonly Line[] {
  if (choice.who.startsWith('fit')) return fitting(route, choice, accounts)
  if (choice.who === 'none') return []
  const { apiKey, session } = accounts
  const token = tokens[choice.token]
  const cookie = `${sessionCookie}=${session.text}`
  const cookies = {
    good: cookie,
    bad: `${cookie.slice(0, -1)}!`,
    twice: `${cookie}; ${cookie}`,
    both: `${cookie}; ${sessionCookie}=x`,
  }
  return [
    ...(token && choice.scheme !== '' ? [['Authorization', `${choice.scheme}${token.text}`] as const] : []),
    ...(choice.apiKey
      ? [['X-API-Key', choice.apiKey === 'good' ? apiKey.text : `${apiKey.text.slice(0, -1)}!`] as const]
      : []),
    ...(choice.session ? [['Cookie', cookies[choice.session as keyof typeof cookies]] as const] : []),
  ]
}

/** A host that the route answers, unless another one is wanted. */
const hostFor = ({ hosts: [first = 'gate.example'] }: Resolved, { host }: Choice): string =>
  host === 'fit' ? first.replace('*', 'a') : host

function declaredOf({ input: { headers = {}, cookies = {} } }: Resolved, { dice }: Choice): readonly Line[] {
  const next = diceOf(dice)
  const lines = Object.entries(headers).flatMap(([name, schema]) =>
    next() % 4 === 3 ? [] : [[name, lineOf(valueNear(schema, next))] as const],
  )
  const pairs = Object.entries(cookies).flatMap(([name, schema]) =>
    next() % 4 === 3 ? [] : [`${name}=${lineOf(valueNear(schema, next))}`],
  )
  return [...lines, ...(pairs.length > 0 ? [['Cookie', pairs.join('; ')] as const] : [])]
}

/** The request that a choice means for these routes. */
export function askedOf(choice: Choice, routes: readonly Resolved[], accounts: Accounts): Asked {
  const route = routes[choice.route % routes.length] as Resolved
  const body = bodyOf(route, choice)
  const usual = route.method === 'ANY' ? 'POST' : route.method
  const method = choice.preflight ? 'OPTIONS' : choice.method || usual
  const line = (name: string, value: string) => (value === '' ? [] : [[name, value] as const])
  return {
    method,
    target: `${pathOf(route, choice)}${queryOf(route, choice)}`,
    headers: [
      ['Host', hostFor(route, choice)],
      ...credentialsOf(route, choice, accounts),
      ...line('Origin', choice.origin),
      ...line('Sec-Fetch-Site', choice.site),
      ...line('Access-Control-Request-Method', choice.preflight),
      ...line('Access-Control-Request-Headers', choice.preflight && choice.asks),
      ...line('X-Forwarded-For', choice.forwarded),
      ...line(choice.spoof, choice.spoof && 'root'),
      ...(body === undefined ? [] : line('Content-Type', choice.type)),
      ...declaredOf(route, choice),
    ],
    body,
  }
}

/** Writes it as bytes. */
export function writeAsked({ method, target, headers, body }: Asked, isChunked: boolean): Buffer {
  const framing =
    body === undefined ? '' : isChunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.length}\r\n`
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}${framing}\r\n`, 'latin1')
  if (body === undefined) return head
  if (!isChunked) return Buffer.concat([head, body])
  const size = body.length === 0 ? '' : `${body.length.toString(16)}\r\n`
  return Buffer.concat([head, Buffer.from(size), body, Buffer.from(size === '' ? '0\r\n\r\n' : '\r\n0\r\n\r\n')])
}
