import test from 'ava'
import fc from 'fast-check'
import { compileMatcher } from '../../src/enforce/match.ts'
import { stack } from './harness.ts'

const matcherOf = (...keys: string[]) => compileMatcher(keys.map((key) => stack(key)))

const find = (matcher: ReturnType<typeof matcherOf>, method: string, path: string, host = 'any.example') => {
  const found = matcher.find(method, host, path)
  return found && [`${found.stack.facts.method} ${found.stack.facts.path}`, { ...found.params }]
}

test('prefers a literal to a parameter to a wildcard, whatever the order', (t) => {
  const keys = ['GET /*rest', 'GET /orders/:id', 'GET /orders/new', 'GET /orders/:id/lines', 'GET /orders/*rest']
  for (const matcher of [matcherOf(...keys), matcherOf(...keys.toReversed())]) {
    t.deepEqual(find(matcher, 'GET', '/orders/new'), ['GET /orders/new', {}])
    t.deepEqual(find(matcher, 'GET', '/orders/7'), ['GET /orders/:id', { id: '7' }])
    t.deepEqual(find(matcher, 'GET', '/orders/7/lines'), ['GET /orders/:id/lines', { id: '7' }])
    t.deepEqual(find(matcher, 'GET', '/orders/7/other'), ['GET /orders/*rest', { rest: '7/other' }])
    t.deepEqual(find(matcher, 'GET', '/elsewhere'), ['GET /*rest', { rest: 'elsewhere' }])
  }
})

test('walks back from a branch that has no answer', (t) => {
  const matcher = matcherOf('GET /a/b/c', 'GET /a/:x/d', 'GET /:x/:y/e', 'GET /:x/*rest')
  t.deepEqual(find(matcher, 'GET', '/a/b/d'), ['GET /a/:x/d', { x: 'b' }])
  t.deepEqual(find(matcher, 'GET', '/a/b/e'), ['GET /:x/:y/e', { x: 'a', y: 'b' }])
  t.deepEqual(find(matcher, 'GET', '/a/b/f'), ['GET /:x/*rest', { x: 'a', rest: 'b/f' }])
})

test('looks for the most specific path among the routes that answer the method', (t) => {
  const matcher = matcherOf('POST /orders/new', 'GET /orders/:id', 'ANY /*rest')
  t.deepEqual(find(matcher, 'GET', '/orders/new'), ['GET /orders/:id', { id: 'new' }])
  t.deepEqual(find(matcher, 'PUT', '/orders/new'), ['ANY /*rest', { rest: 'orders/new' }])
})

test('prefers the exact method to ANY within one shape only', (t) => {
  const matcher = matcherOf('ANY /a', 'GET /a', 'ANY /b', 'GET /:x')
  t.deepEqual(find(matcher, 'GET', '/a'), ['GET /a', {}])
  t.deepEqual(find(matcher, 'POST', '/a'), ['ANY /a', {}])
  t.deepEqual(find(matcher, 'GET', '/b'), ['ANY /b', {}])
})

test('lets GET answer HEAD where no HEAD of the shape does', (t) => {
  const matcher = matcherOf('GET /a', 'ANY /a', 'HEAD /b', 'GET /b', 'ANY /c')
  t.deepEqual(find(matcher, 'HEAD', '/a'), ['GET /a', {}])
  t.deepEqual(find(matcher, 'HEAD', '/b'), ['HEAD /b', {}])
  t.deepEqual(find(matcher, 'HEAD', '/c'), ['ANY /c', {}])
})

test('takes ANY for the methods of the language, and for no other', (t) => {
  const matcher = matcherOf('ANY /a')
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) t.truthy(find(matcher, method, '/a'), method)
  for (const method of ['ANY', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', '__proto__', ''])
    t.is(find(matcher, method, '/a'), undefined, method)
})

test('tells a trailing slash from none', (t) => {
  const matcher = matcherOf('GET /', 'GET /a', 'GET /b/', 'GET /c/:x')
  t.deepEqual(find(matcher, 'GET', '/'), ['GET /', {}])
  t.is(find(matcher, 'GET', '/a/'), undefined)
  t.is(find(matcher, 'GET', '/b'), undefined)
  t.deepEqual(find(matcher, 'GET', '/b/'), ['GET /b/', {}])
  t.is(find(matcher, 'GET', '/c/'), undefined, 'a parameter is never empty')
})

test('lets a wildcard take the rest, also an empty one, but not the path without its slash', (t) => {
  const matcher = matcherOf('GET /files/*path')
  t.is(find(matcher, 'GET', '/files'), undefined)
  t.deepEqual(find(matcher, 'GET', '/files/'), ['GET /files/*path', { path: '' }])
  t.deepEqual(find(matcher, 'GET', '/files/a/b/'), ['GET /files/*path', { path: 'a/b/' }])
})

test('matches what segments mean, however they are spelled', (t) => {
  const matcher = matcherOf('GET /caf%C3%A9', 'GET /a!b', 'GET /100%25', 'GET /users/:name')
  t.truthy(find(matcher, 'GET', '/caf%C3%A9'))
  t.truthy(find(matcher, 'GET', '/a%21b'))
  t.truthy(find(matcher, 'GET', '/100%25'))
  t.deepEqual(find(matcher, 'GET', '/users/J%C3%BCrgen%20B'), ['GET /users/:name', { name: 'Jürgen B' }])
})

test('keeps parameters without a prototype', (t) => {
  const found = matcherOf('GET /:constructor/:id').find('GET', '', '/a/b')
  t.is(found && Object.getPrototypeOf(found.params), null)
  t.deepEqual(Object.entries(found?.params ?? {}), [
    ['constructor', 'a'],
    ['id', 'b'],
  ])
})

test('names parameters as the route that answers does', (t) => {
  const matcher = matcherOf('GET /:id', 'PUT /:key')
  t.deepEqual(find(matcher, 'GET', '/7'), ['GET /:id', { id: '7' }])
  t.deepEqual(find(matcher, 'PUT', '/7'), ['PUT /:key', { key: '7' }])
})

test('prefers the exact host to a wildcard label to any host, within one shape', (t) => {
  const matcher = compileMatcher([
    stack('GET /a', { hosts: [] }),
    stack('GET /a', { hosts: ['*.shop.example'] }),
    stack('GET /a', { hosts: ['api.shop.example', 'Other.example'] }),
    stack('GET /a/b', { hosts: [] }),
    stack('GET /a/:x', { hosts: ['api.shop.example'] }),
  ])
  const hostsAt = (host: string, path = '/a') => matcher.find('GET', host, path)?.stack.hosts
  t.deepEqual(hostsAt('api.shop.example'), ['api.shop.example', 'Other.example'])
  t.deepEqual(hostsAt('other.example'), ['api.shop.example', 'Other.example'])
  t.deepEqual(hostsAt('web.shop.example'), ['*.shop.example'])
  t.deepEqual(hostsAt('a.web.shop.example'), [])
  t.deepEqual(hostsAt('shop.example'), [])
  t.deepEqual(hostsAt('api.shop.example', '/a/b'), [], 'the most specific path wins before the host does')
})

test('knows the hosts that routes answer, and every host once a route names none', (t) => {
  const narrowed = compileMatcher([stack('GET /a', { hosts: ['a.example', '*.b.example'] })])
  t.true(narrowed.knows('a.example'))
  t.true(narrowed.knows('x.b.example'))
  for (const host of ['b.example', 'x.y.b.example', 'c.example', '']) t.false(narrowed.knows(host), host)
  t.true(compileMatcher([stack('GET /a')]).knows('anything'))
  t.is(narrowed.find('GET', 'c.example', '/a'), undefined)
})

test('lists what a path answers, the most specific path first', (t) => {
  const matcher = matcherOf('DELETE /a/:x', 'GET /a/*rest', 'POST /a/b')
  const listed = matcher
    .answering('any.example', '/a/b')
    .map(({ method, stack: { facts } }) => `${method} ${facts.path}`)
  t.deepEqual(listed, ['POST /a/b', 'DELETE /a/:x', 'GET /a/*rest', 'HEAD /a/*rest'])
  t.deepEqual(matcher.answering('any.example', '/b'), [])
})

const segment = fc.constantFrom('a', 'b', ':x', ':y')
const route = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'ANY', 'HEAD'),
    segments: fc.array(segment, { minLength: 1, maxLength: 4 }),
    rest: fc.boolean(),
  })
  .map(
    ({ method, segments, rest }) =>
      `${method} /${[...segments.map((text, at) => (text[0] === ':' ? `${text}${at}` : text)), ...(rest ? ['*rest'] : [])].join('/')}`,
  )

/** The contract, said slowly: every route is tried, the answers are ranked. */
function slowly(keys: readonly string[], method: string, path: string): string | undefined {
  const ranks = keys.flatMap((key) => {
    const [own = '', pattern = ''] = key.split(' ')
    const wanted = method === 'HEAD' ? ['HEAD', 'GET', 'ANY'] : [method, 'ANY']
    if (!wanted.includes(own)) return []
    const source = pattern
      .split('/')
      .map((text) => (text[0] === ':' ? '[^/]+' : text[0] === '*' ? '.*' : text))
      .join('/')
    if (!new RegExp(`^${source}$`).test(path)) return []
    const shape = pattern
      .split('/')
      .map((text) => (text[0] === ':' ? '1' : text[0] === '*' ? '2' : '0'))
      .join('')
    return [{ key, rank: `${shape} ${wanted.indexOf(own)}` }]
  })
  return ranks.sort((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.key
}

const shapeOf = (key: string) => key.replace(/:\w+/g, ':')

test('agrees with trying every route', (t) => {
  const paths = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 5 })
    .map((parts) => `/${parts.join('/')}`)
  fc.assert(
    fc.property(
      fc.uniqueArray(route, { selector: shapeOf, maxLength: 12 }),
      paths,
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
      (keys, path, method) => {
        const found = matcherOf(...keys).find(method, '', path)
        const key = found && `${found.stack.facts.method} ${found.stack.facts.path}`
        t.is(key, slowly(keys, method, path))
      },
    ),
    { numRuns: 2000 },
  )
})

test('answers any text for a path', (t) => {
  const matcher = matcherOf('GET /:a/:b', 'ANY /x/*rest')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (path, method) => {
      t.notThrows(() => matcher.find(method, path, path))
      t.notThrows(() => matcher.answering(path, path))
    }),
  )
})
