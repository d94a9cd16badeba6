/** The `input` guard over real HTTP: what is let in, what is refused and how, and what goes on. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Exchange } from '../../src/core/exchange.ts'
import { input } from '../../src/guards/input/input.ts'
import { readQuery, writeQuery } from '../../src/guards/input/query.ts'
import type { Services } from '../../src/services/services.ts'
import { type Hosted, hostGuard, type Sent, siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof input.compile>[0]

const services = {
  maxBodyBytes: 1024,
  schemas: { Sku: { type: 'string', pattern: '^[A-Z]{2}-[0-9]+$' } },
} as unknown as Services

/** What the destination would see. */
const seen = (exchange: Exchange) => ({
  ...exchange.input,
  headers: undefined,
  sanitisedQuery: exchange.sanitisedQuery,
  sanitisedHeaders: exchange.sanitisedHeaders,
  replaced: exchange.body.replaced?.toString(),
  taken: exchange.body.taken,
})

const host = async (t: ExecutionContext, block: Block, hosted: Omit<Hosted, 'plan'> = {}) => {
  const params = [...(hosted.path ?? '').matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
  const plan = await input.compile(block, siteOf({ params }), services)
  const send = await hostGuard(t, {
    plan,
    destination: (exchange) => ({ status: 200, headers: [], body: JSON.stringify(seen(exchange)) }),
    ...hosted,
  })
  return async (sent?: Sent) => {
    const { status, headers, body } = await send(sent)
    return { status, headers, body: JSON.parse(body) }
  }
}

const json = { 'content-type': 'application/json' }
const post = (body: unknown, headers: Sent['headers'] = {}): Sent => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
})
const faultsIn = (body: { details?: { in: string; path: string; rule: string }[] }) =>
  body.details?.map((fault) => `${fault.in} ${fault.path} ${fault.rule}`)

const order: Block = {
  body: {
    type: 'object',
    required: ['sku'],
    properties: { sku: { $ref: '#/schemas/Sku' }, note: { type: 'string', maxLength: 5, transform: ['trim'] } },
  },
}

test('without a block, no body and no query parameter comes in', async (t) => {
  const send = await host(t, {})
  t.is((await send()).status, 200)
  const query = await send({ path: '/?page=1' })
  t.is(query.status, 422)
  t.deepEqual(faultsIn(query.body), ['query /page additionalProperties'])
  const body = await send(post({}))
  t.is(body.status, 422)
  t.deepEqual(body.body.details, [{ in: 'body', path: '', rule: 'additionalProperties', message: 'expected no body' }])
})

test('hands a body on that fits its schema, byte for byte', async (t) => {
  const send = await host(t, order)
  const { status, body } = await send(post('{ "sku" : "AB-1" }'))
  t.is(status, 200)
  t.deepEqual(body.body, { sku: 'AB-1' })
  t.is(body.replaced, undefined)
})

test('hands a sanitised body on where a transform changed it', async (t) => {
  const send = await host(t, order)
  const { body } = await send(post({ sku: 'AB-1', note: ' hi ' }))
  t.is(body.replaced, '{"sku":"AB-1","note":"hi"}')
  t.deepEqual(body.body, { sku: 'AB-1', note: 'hi' })
})

test('tells every fault of a body, and never a value', async (t) => {
  const send = await host(t, order)
  const { status, body } = await send(post({ sku: 'canary', note: 'canary-canary', canary2: 1 }))
  t.is(status, 422)
  t.is(body.code, 'input_invalid')
  t.deepEqual(faultsIn(body)?.sort(), [
    'body /canary2 additionalProperties',
    'body /note maxLength',
    'body /sku pattern',
  ])
  t.false(JSON.stringify(body.details.map((fault: { message: string }) => fault.message)).includes('canary'))
})

const malformed: Record<string, string | Uint8Array> = {
  'no JSON': '{"sku":',
  'a trailing comma': '{"sku":"AB-1",}',
  'duplicate keys': '{"sku":"AB-1","sku":"AB-2"}',
  'a byte order mark': '\ufeff{"sku":"AB-1"}',
  'an infinite number': '{"sku":1e999}',
  'an integer that would be rounded': '{"sku":9007199254740993}',
  'too many levels': `${'['.repeat(65)}${']'.repeat(65)}`,
  'invalid UTF-8': Buffer.from([0x22, 0xc3, 0x28, 0x22]),
  'an overlong UTF-8 sequence': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'UTF-16': Buffer.from('{"sku":"AB-1"}', 'utf16le'),
}

for (const [title, body] of Object.entries(malformed)) {
  test(`refuses a body that is ${title} as malformed`, async (t) => {
    const answer = await (await host(t, order))(post(body))
    t.is(answer.status, 400)
    t.is(answer.body.code, 'request_malformed')
  })
}

test('an own `__proto__` of a body is an unknown member', async (t) => {
  const { status, body } = await (await host(t, order))(post('{"sku":"AB-1","__proto__":{"admin":true}}'))
  t.is(status, 422)
  t.deepEqual(faultsIn(body), ['body /__proto__ additionalProperties'])
})

test('shows no more of a long name than a refusal needs', async (t) => {
  const { body } = await (await host(t, order))(post(JSON.stringify({ sku: 'AB-1', ['~'.repeat(400)]: 1 })))
  const [fault] = body.details
  t.is(fault.path.length, 257)
  t.true(fault.path.startsWith('/~0~0') && fault.path.endsWith('…'))
})

test('a declared body must be there, unless it need not', async (t) => {
  const send = await host(t, order)
  const missing = [{ in: 'body', path: '', rule: 'required', message: 'expected a body' }]
  t.deepEqual((await send({ method: 'POST' })).body.details, missing)
  t.deepEqual(
    (await send({ method: 'POST', headers: { ...json, 'transfer-encoding': 'chunked' } })).body.details,
    missing,
  )
  const optional = await host(t, { ...order, bodyRequired: false })
  t.is((await optional({ method: 'POST' })).status, 200)
  t.is((await optional(post({}))).status, 422)
})

const types: [string, number][] = [
  ['application/json', 200],
  ['Application/JSON', 200],
  ['application/json; charset=utf-8', 200],
  ['application/json;charset="UTF-8"', 200],
  ['application/json ; foo=bar', 200],
  ['application/json; charset=latin1', 415],
  ['application/json; charset=utf-8; charset=utf-16', 415],
  ['application/json-patch+json', 415],
  ['application/jsonp', 415],
  ['application/json, text/plain', 415],
  ['text/plain', 415],
  ['application/x-www-form-urlencoded', 415],
  ['', 415],
]

for (const [type, status] of types) {
  test(`${status === 200 ? 'reads' : 'refuses'} a body of type \`${type}\``, async (t) => {
    const answer = await (await host(t, order))({ ...post({ sku: 'AB-1' }), headers: { 'content-type': type } })
    t.is(answer.status, status)
    if (status === 415) t.is(answer.body.code, 'media_type_unsupported')
  })
}

test('reads the listed types alone, and says which', async (t) => {
  const send = await host(t, { ...order, contentTypes: ['application/vnd.shop+json'] })
  t.is((await send(post({ sku: 'AB-1' }, { 'content-type': 'application/vnd.shop+json' }))).status, 200)
  const { status, headers } = await send(post({ sku: 'AB-1' }))
  t.is(status, 415)
  t.is(headers.accept, 'application/vnd.shop+json')
})

test('refuses a compressed body, and says that it wants none', async (t) => {
  const send = await host(t, order)
  const { status, headers } = await send(post({ sku: 'AB-1' }, { 'content-encoding': 'gzip' }))
  t.is(status, 415)
  t.is(headers['accept-encoding'], 'identity')
  t.is((await send(post({ sku: 'AB-1' }, { 'content-encoding': 'Identity' }))).status, 200)
})

test('refuses a body above the limit, announced or not', async (t) => {
  const large = JSON.stringify({ sku: 'A'.repeat(2000) })
  for (const block of [order, { ...order, maxBytes: '1kb' }]) {
    const send = await host(t, block)
    t.is((await send(post(large))).body.code, 'body_too_large')
    t.is((await send(post(large, { 'transfer-encoding': 'chunked' }))).body.code, 'body_too_large')
  }
  t.is((await (await host(t, { ...order, maxBytes: '4kb' }))(post(large))).status, 422)
})

test('an announced body above the limit is left unread', async (t) => {
  const exchanges: Exchange[] = []
  const send = await host(t, order, { before: (exchange) => exchanges.push(exchange) })
  t.is((await send(post('x'.repeat(4096)))).status, 413)
  t.false(exchanges[0]?.body.taken)
})

test('`body: any` goes through unread, of any type', async (t) => {
  const send = await host(t, { body: 'any' })
  const { status, body } = await send({ method: 'POST', body: 'no json', headers: { 'content-encoding': 'gzip' } })
  t.is(status, 200)
  t.false(body.taken)
  t.is((await send({ method: 'POST' })).status, 200)
  t.is((await send(post('x'.repeat(4096)))).status, 413)
})

test('`body: any` may be bound to types, and asked for', async (t) => {
  const send = await host(t, { body: 'any', contentTypes: ['image/png'], bodyRequired: true })
  t.is((await send({ method: 'POST', body: 'x', headers: { 'content-type': 'image/png' } })).status, 200)
  t.is((await send({ method: 'POST', body: 'x' })).status, 415)
  t.deepEqual(faultsIn((await send({ method: 'POST' })).body), ['body  required'])
})

const search: Block = {
  query: {
    q: { type: 'string', maxLength: 20, required: true },
    page: { type: 'integer', minimum: 1 },
    tag: { type: 'array', items: { type: 'string' }, maxItems: 2 },
    exact: { type: 'boolean' },
  },
}

const queries: [string, unknown][] = [
  ['q=a', { q: 'a' }],
  ['q=a&page=2&exact=true&tag=x', { q: 'a', page: 2, exact: true, tag: ['x'] }],
  ['tag=x&q=a&tag=y', { tag: ['x', 'y'], q: 'a' }],
  ['q=a+b%20c%2B', { q: 'a b c+' }],
  ['%71=a', { q: 'a' }],
  ['q=%C3%A9%E2%82%AC', { q: 'é€' }],
  ['&&q=a&', { q: 'a' }],
  ['q=a=b', { q: 'a=b' }],
  ['q', { q: '' }],
  ['q=page%26x', { q: 'page&x' }],
  ['', ['query /q required']],
  ['q=a&q=b', ['query /q type']],
  ['q=a&page=1&page=2', ['query /page type']],
  ['q=a&page=0x10', ['query /page type']],
  ['q=a&page=+1', ['query /page type']],
  ['q=a&page=', ['query /page type']],
  ['q=a&page=0', ['query /page minimum']],
  ['q=a&exact=yes', ['query /exact type']],
  ['q=a&tag=x&tag=y&tag=z', ['query /tag maxItems']],
  ['q=a&other=1', ['query /other additionalProperties']],
  ['q=a&tag[]=1', ['query /tag[] additionalProperties']],
  ['q=a&Q=b', ['query /Q additionalProperties']],
  ['q=a&__proto__=b', ['query /__proto__ additionalProperties']],
  ['q=a&constructor=b&toString', ['query /constructor additionalProperties', 'query /toString additionalProperties']],
  ['q=a&=b', ['query / additionalProperties']],
  ['q=a&a%2Fb~=b', ['query /a~1b~0 additionalProperties']],
  ['q=%C3%28', 'Query has a malformed percent-encoding'],
  ['q=%ED%A0%80', 'Query has a malformed percent-encoding'],
  ['q=a;page=1', 'Query has an unencoded `;`, which some readers take for `&`'],
  [Array.from({ length: 1001 }, () => 'q').join('&'), 'Query has more than 1000 parameters'],
]

for (const [query, expected] of queries) {
  test(`reads the query \`${query.slice(0, 40)}\``, async (t) => {
    const { status, body } = await (await host(t, search))({ path: `/?${query}` })
    if (typeof expected === 'string') t.deepEqual([status, body.message], [400, expected])
    else if (Array.isArray(expected)) t.deepEqual([status, faultsIn(body)], [422, expected])
    else t.deepEqual([status, body.query, body.sanitisedQuery], [200, expected, undefined])
  })
}

test('a query goes on sanitised where a default or transform changed it', async (t) => {
  const send = await host(t, {
    query: { page: { type: 'integer', default: 1 }, q: { type: 'string', transform: ['trim'] }, n: { type: 'number' } },
  })
  const sanitised = async (query: string) => (await send({ path: `/?${query}` })).body.sanitisedQuery
  t.is(await sanitised(''), 'page=1')
  t.is(await sanitised('page=1'), undefined)
  t.is(await sanitised('page=2&n=1.50e1'), undefined)
  t.is(await sanitised('page=2&q=a%26b'), undefined)
  t.is(await sanitised('page=2&q=+a%26b%3D+'), 'page=2&q=a%26b%3D')
})

test('`query: any` lets everything through that can be read in one way', async (t) => {
  const send = await host(t, { query: 'any' })
  const { status, body } = await send({ path: '/?a=1&a=2&__proto__=x' })
  t.is(status, 200)
  t.deepEqual(Object.entries(body.query), [
    ['a', ['1', '2']],
    ['__proto__', 'x'],
  ])
  t.is((await send({ path: '/?a=%ff' })).status, 400)
})

test('any query is either read or refused, and what is written is read back', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof readQuery(text) === 'object'))
  const values = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2 })))
  fc.assert(
    fc.property(values, (written) => t.deepEqual({ ...readQuery(writeQuery(written)) }, { ...written }) === true),
  )
})

test('path parameters are judged, declared or not', async (t) => {
  const send = await host(t, { params: { id: { type: 'integer', maximum: 9 } } }, { path: '/:id/:name' })
  const long = 'x'.repeat(256)
  t.deepEqual((await send({ path: `/7/${long}` })).body.params, { id: 7, name: long })
  t.deepEqual(faultsIn((await send({ path: `/10/${long}x` })).body)?.sort(), [
    'params /id maximum',
    'params /name maxLength',
  ])
})

test('declared headers are judged whatever their case, others pass', async (t) => {
  const block: Block = {
    headers: Object.fromEntries([
      ['X-Tenant', { type: 'integer', required: true }],
      ['constructor', { type: 'string' }],
    ]),
  }
  const plan = await input.compile(block, siteOf(), services)
  const send = await hostGuard(t, {
    plan,
    destination: (exchange) => ({ status: 200, headers: [], body: JSON.stringify(exchange.input.headers) }),
  })
  const good = JSON.parse((await send({ headers: { 'x-TENANT': '7', 'X-Other': 'o' } })).body)
  t.is(good['x-tenant'], 7)
  t.is(good['x-other'], 'o')
  t.deepEqual(faultsIn(JSON.parse((await send()).body)), ['headers /x-tenant required'])
  t.deepEqual(faultsIn(JSON.parse((await send({ headers: { 'x-tenant': '7, 8' } })).body)), ['headers /x-tenant type'])
})

test('a declared header that Connection names was never sent', async (t) => {
  const block: Block = {
    headers: { 'X-Idem': { type: 'string', required: true }, 'X-Mode': { type: 'string', default: 'fast' } },
  }
  const send = await host(t, block, {
    destination: ({ input, sanitisedHeaders }) => ({
      status: 200,
      headers: [],
      body: JSON.stringify({ read: input.headers, sanitisedHeaders }),
    }),
  })
  const naming = (connection: string) =>
    send({ headers: { connection, 'x-idem': 'a', 'x-mode': 'slow', 'x-other': 'o' } })
  t.deepEqual(faultsIn((await naming('keep-alive, X-IDEM')).body), ['headers /x-idem required'])
  const { read, sanitisedHeaders } = (await naming('x-mode, x-other')).body
  t.deepEqual([read['x-idem'], read['x-mode'], read['x-other']], ['a', 'fast', undefined])
  t.deepEqual([sanitisedHeaders['x-mode'], sanitisedHeaders.connection], ['fast', undefined])
})

test('a header goes on sanitised where a default or transform changed it, if it still can be sent', async (t) => {
  const send = await host(t, {
    headers: {
      'X-Tenant': { type: 'string', transform: ['uppercase'] },
      'X-Mode': { type: 'string', default: 'fast' },
    },
  })
  const { body } = await send({ headers: { 'x-tenant': 'acme', 'x-other': 'o' } })
  t.is(body.sanitisedHeaders['x-tenant'], 'ACME')
  t.is(body.sanitisedHeaders['x-mode'], 'fast')
  t.is(body.sanitisedHeaders['x-other'], 'o')
  t.is((await send({ headers: { 'x-tenant': 'ACME', 'x-mode': 'slow' } })).body.sanitisedHeaders, undefined)
  t.deepEqual(faultsIn((await send({ headers: { 'x-tenant': '\xff' } })).body), ['headers /x-tenant transform'])
})

const cookieBlock: Block = {
  cookies: {
    lang: { type: 'string', maxLength: 8, required: true, transform: ['escapeHtml'] },
    n: { type: 'integer' },
  },
}

const cookies: [string, unknown][] = [
  ['lang=en', { lang: 'en' }],
  ['other=1; lang=en;n=2; broken; =x', { lang: 'en', n: 2 }],
  ['lang="en"', { lang: 'en' }],
  ['lang=a=b', { lang: 'a=b' }],
  ['', ['cookies /lang required']],
  ['LANG=en', ['cookies /lang required']],
  ['lang=en; lang=de', ['cookies /lang type']],
  ['lang=en; n=0x1', ['cookies /n type']],
  ['lang=toolong-toolong', ['cookies /lang maxLength']],
  ['lang=<; __proto__=1', ['cookies /lang transform']],
]

for (const [cookie, expected] of cookies) {
  test(`reads the cookies \`${cookie}\``, async (t) => {
    const { status, body } = await (await host(t, cookieBlock))({ headers: { cookie } })
    if (Array.isArray(expected)) t.deepEqual([status, faultsIn(body)], [422, expected])
    else t.deepEqual([status, body.cookies], [200, expected])
  })
}

test('a cookie goes on sanitised beside the others', async (t) => {
  const send = await host(t, {
    cookies: { lang: { type: 'string', transform: ['lowercase'] }, mode: { type: 'string', default: 'a' } },
  })
  const { body } = await send({ headers: { cookie: 'sid="x y"; lang=EN; theme=dark' } })
  t.is(body.sanitisedHeaders.cookie, 'sid="x y"; theme=dark; lang=en; mode=a')
  t.is((await send({ headers: { cookie: 'lang=en; mode=b' } })).body.sanitisedHeaders, undefined)
})

test('tells the faults of all parts together, twenty at most', async (t) => {
  const body = { type: 'object', properties: { a: { type: 'string' } } } as const
  const send = await host(t, { headers: { 'x-a': { type: 'string', required: true } }, body }, { path: '/:id' })
  const few = await send({ ...post({ a: 1 }), path: `/${'x'.repeat(300)}?b=1` })
  t.deepEqual(faultsIn(few.body), [
    'params /id maxLength',
    'query /b additionalProperties',
    'headers /x-a required',
    'body /a type',
  ])
  const members = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`m${n}`, n]))
  t.is((await send({ ...post(members), path: `/7?${new URLSearchParams(members as never)}` })).body.details.length, 20)
})

test('hands nothing on where one part is refused', async (t) => {
  const exchanges: Exchange[] = []
  const block: Block = { query: { page: { type: 'integer', default: 1 } }, ...order }
  const send = await host(t, block, { before: (exchange) => exchanges.push(exchange) })
  t.is((await send(post({ sku: 'bad' }))).status, 422)
  const [exchange] = exchanges
  t.deepEqual(exchange?.input.query, {})
  t.is(exchange?.input.body, undefined)
  t.is(exchange?.sanitisedQuery, undefined)
  t.is(exchange?.body.replaced, undefined)
})

test('where it only reports, the original goes on', async (t) => {
  const original = async ({ body, input }: Exchange) => ({
    status: 200,
    headers: [],
    body: JSON.stringify([String(await body.read(0)), body.replaced, input.body, input.query]),
  })
  const send = await host(t, order, { reportOnly: true, destination: original })
  t.deepEqual((await send({ ...post({ sku: 'bad', note: ' hi ' }), path: '/?a=1' })).body, [
    '{"sku":"bad","note":" hi "}',
    null,
    null,
    {},
  ])
})

test('no body makes it fall', async (t) => {
  const send = await host(t, order)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ minLength: 1 }), fc.json({ noUnicodeString: false })), async (body) => {
      const { status } = await send(post(body))
      t.true([200, 400, 413, 422].includes(status), String(status))
    }),
    { numRuns: 60 },
  )
})
