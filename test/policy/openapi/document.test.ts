/** The OpenAPI document: true to the policies, and silent about what is behind them. */

import test from 'ava'
import { inspect } from '../../../src/policy/inspect.ts'
import { openApiDocument } from '../../../src/policy/openapi/document.ts'
import { partsOf } from '../../../src/policy/openapi/parts.ts'
import { findFaults, readFences, root } from '../../helpers/markdown.ts'
import { at, documentOf, operationsOf, validate } from './reading.ts'

test('describes the sample policies', async (t) => {
  const policy = inspect(`${root}/policies`)
  const document = JSON.parse(JSON.stringify(openApiDocument(policy)))
  await validate(t, document)
  const operations = operationsOf(document)
  t.is(operations.length, policy.routes.filter(({ caption }) => caption.document !== false).length)
  t.is(new Set(operations.map(([, operation]) => at(operation, 'operationId'))).size, operations.length)
  t.false(JSON.stringify(document).includes('.ts#'))
})

test('is the same each time', (t) => {
  const make = () => JSON.stringify(openApiDocument(inspect(`${root}/policies`)))
  t.is(make(), make())
})

test('tells no more refusals of a block than its guard knows', (t) => {
  for (const route of inspect(`${root}/policies`).routes) {
    const [destination] = route.destinations
    const known = [...[...route.blocks.values()].map(({ guard }) => guard.refuses), destination?.handler.refuses ?? []]
    for (const [index, { refusals }] of partsOf(route).entries())
      t.deepEqual(
        refusals.filter((code) => !known[index]?.includes(code)),
        [],
      )
  }
})

test('has a head of its own words, or a plain one', async (t) => {
  const routes = 'routes:\n  GET /a: { authenticate: public, reply: {} }\n'
  const plain = await documentOf(t, routes)
  t.is(at(plain, 'openapi'), '3.1.0')
  t.is(at(plain, 'info', 'title'), 'API')
  t.regex(String(at(plain, 'info', 'version')), /^[0-9a-f]{12}$/)
  t.is(at(plain, 'servers'), undefined)
  const head = '{ title: Shop, version: 1.2.0, description: Ours., servers: [https://api.shop.example/v1] }'
  const own = await documentOf(t, `settings: { openapi: ${head} }\n${routes}`)
  t.deepEqual(at(own, 'info'), { title: 'Shop', version: '1.2.0', description: 'Ours.' })
  t.deepEqual(at(own, 'servers'), [{ url: 'https://api.shop.example/v1' }])
})

test('says of a route what its author says, and leaves out what is not for callers', async (t) => {
  const document = await documentOf(
    t,
    `service: shop
defaults: { authenticate: public }
routes:
  GET /a: { summary: A, description: '**all** of it', deprecated: true, reply: {} }
  POST /a: { document: false, reply: {} }
  GET /b: { document: false, reply: {} }
  GET /c: { document: true, deprecated: false, reply: {} }
`,
  )
  t.deepEqual(
    operationsOf(document).map(([name]) => name),
    ['get /a', 'get /c'],
  )
  const a = at(document, 'paths', '/a', 'get')
  t.deepEqual(
    [at(a, 'summary'), at(a, 'description'), at(a, 'deprecated'), at(a, 'tags')],
    ['A', '**all** of it', true, ['shop']],
  )
  t.is(at(document, 'paths', '/c', 'get', 'deprecated'), undefined)
})

test('writes paths as templates, one for each shape, and ANY as what it answers', async (t) => {
  const document = await documentOf(
    t,
    `defaults: { authenticate: public }
routes:
  GET /orders/:id: { input: { params: { id: { type: integer } } }, reply: {} }
  PUT /orders/:key: { input: { params: { key: { type: string, format: uuid } } }, reply: {} }
  ANY /files/*path: { reply: {} }
  GET /files/*path: { summary: reads, reply: {} }
  HEAD /ping: { reply: {} }
  GET /a-b: { reply: {} }
  GET /a_b: { reply: {} }
`,
  )
  t.deepEqual(
    operationsOf(document).map(([name]) => name),
    [
      'get /orders/{id}',
      'put /orders/{id}',
      'get /files/{path}',
      'post /files/{path}',
      'put /files/{path}',
      'patch /files/{path}',
      'delete /files/{path}',
      'head /ping',
      'get /a-b',
      'get /a_b',
    ],
  )
  t.deepEqual(at(document, 'paths', '/orders/{id}', 'put', 'parameters'), [
    { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
  ])
  t.deepEqual(at(document, 'paths', '/files/{path}', 'get', 'parameters'), [
    {
      name: 'path',
      in: 'path',
      description: 'The rest of the path, with its slashes.',
      required: true,
      schema: { type: 'string', maxLength: 256 },
    },
  ])
  t.is(at(document, 'paths', '/files/{path}', 'get', 'summary'), 'reads')
  t.is(at(document, 'paths', '/files/{path}', 'put', 'summary'), undefined)
  t.is(at(document, 'paths', '/a-b', 'get', 'operationId'), 'getAB')
  t.is(at(document, 'paths', '/a_b', 'get', 'operationId'), 'getAB_2')
})

test('describes parameters and bodies by their schemas, closed as they are', async (t) => {
  const document = await documentOf(
    t,
    `schemas:
  Sku: { type: string, pattern: '^[A-Z]+$' }
  Line: { type: object, required: [sku], properties: { sku: { $ref: '#/schemas/Sku' } } }
  Refusal: { type: object, properties: { reason: { type: string } } }
defaults: { authenticate: public }
routes:
  POST /orders/:id:
    input:
      query: { q: { type: string, transform: [trim], description: What to find, deprecated: true }, n: { type: integer, default: 1 } }
      headers: { X-Device: { type: string, required: true } }
      cookies: { theme: { enum: [dark, light] } }
      body:
        type: object
        properties:
          lines: { type: array, items: { $ref: '#/schemas/Line' } }
          again: { $ref: '#' }
          why: { $ref: '#/schemas/Refusal' }
      contentTypes: [application/json, application/vnd.shop+json]
      bodyRequired: false
    reply: {}
  PUT /files: { input: { body: any, query: any }, reply: {} }
`,
  )
  const post = at(document, 'paths', '/orders/{id}', 'post')
  t.deepEqual(at(post, 'parameters'), [
    { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 256 } },
    {
      name: 'q',
      in: 'query',
      description: 'What to find',
      required: false,
      deprecated: true,
      schema: { type: 'string', 'x-transform': ['trim'] },
    },
    { name: 'n', in: 'query', required: false, schema: { type: 'integer', default: 1 } },
    { name: 'X-Device', in: 'header', required: true, schema: { type: 'string' } },
    { name: 'theme', in: 'cookie', required: false, schema: { enum: ['dark', 'light'] } },
  ])
  t.is(at(post, 'requestBody', 'required'), false)
  const content = at(post, 'requestBody', 'content')
  t.deepEqual(Object.keys(content as object), ['application/json', 'application/vnd.shop+json'])
  t.deepEqual(at(content, 'application/json', 'schema'), {
    type: 'object',
    properties: {
      lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      again: { $ref: '#/components/schemas/Inline' },
      why: { $ref: '#/components/schemas/Refusal' },
    },
    additionalProperties: false,
  })
  t.deepEqual(at(document, 'components', 'schemas', 'Line'), {
    type: 'object',
    required: ['sku'],
    properties: { sku: { $ref: '#/components/schemas/Sku' } },
    additionalProperties: false,
  })
  t.deepEqual(at(document, 'components', 'schemas', 'Refusal', 'properties'), { reason: { type: 'string' } })
  t.truthy(at(document, 'components', 'schemas', 'Refusal_', 'properties', 'requestId'))
  const put = at(document, 'paths', '/files', 'put')
  t.deepEqual(at(put, 'requestBody'), { required: false, content: { '*/*': {} } })
  t.is(at(put, 'description'), 'Takes any query parameter.')
})

test('tells whose tokens open a route, with which scopes, and when none is needed', async (t) => {
  const document = await documentOf(
    t,
    `issuers:
  corp: { issuer: 'https://login.example/', audience: [api, web], algorithms: [RS256], jwks: 'https://internal.example/keys' }
  'büro 1': { builtin: true, audience: api }
defaults: { authenticate: { jwt: { issuers: [corp] } } }
routes:
  GET /all: { scopes: [a, b], reply: {} }
  GET /any: { scopes: { any: [a, b] }, authenticate: { jwt: { issuers: [corp, 'büro 1'] } }, reply: {} }
  GET /optional: { authenticate: [jwt: { issuers: ['büro 1'] }, public], reply: {} }
  GET /scoped: { authenticate: [jwt: { issuers: [corp] }, public], scopes: [a], reply: {} }
  GET /public: { authenticate: public, reply: {} }
`,
  )
  const security = (path: string) => at(document, 'paths', path, 'get', 'security')
  t.deepEqual(security('/all'), [{ corp: ['a', 'b'] }])
  t.deepEqual(security('/any'), [{ corp: ['a'] }, { corp: ['b'] }, { b_ro_1: ['a'] }, { b_ro_1: ['b'] }])
  t.deepEqual(security('/optional'), [{ b_ro_1: [] }, {}])
  t.deepEqual(security('/scoped'), [{ corp: ['a'] }])
  t.deepEqual(security('/public'), [])
  t.deepEqual(at(document, 'components', 'securitySchemes', 'corp'), {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of `https://login.example/` for `api` or `web`.',
  })
  t.is(at(document, 'paths', '/all', 'get', 'description'), 'Needs the scope `a` and `b`.')
  t.is(at(document, 'paths', '/any', 'get', 'description'), 'Needs the scope `a` or `b`.')
  t.deepEqual(at(document, 'paths', '/all', 'get', 'responses', '503'), {
    $ref: '#/components/responses/keys_unavailable',
  })
  t.is(at(document, 'paths', '/optional', 'get', 'responses', '503'), undefined)
  t.false(JSON.stringify(document).includes('internal.example'))
})

test('asks for no token where no route does', async (t) => {
  const document = await documentOf(t, 'routes:\n  GET /a: { authenticate: public, reply: {} }\n')
  t.is(at(document, 'components', 'securitySchemes'), undefined)
})

test('tells limits, their headers and how they refuse', async (t) => {
  const document = await documentOf(
    t,
    `defaults: { authenticate: public }
routes:
  GET /a:
    cost: 5
    rateLimit:
      - { by: [ip, '\${query.q}'], name: find, limit: 10, per: 1h, burst: 20 }
      - { by: all, limit: { on: '\${query.q}', is: { x: 5 }, else: 6 }, per: 1m, algorithm: sliding-window }
    input: { query: { q: { type: string } } }
    reply: {}
`,
  )
  const get = at(document, 'paths', '/a', 'get')
  t.deepEqual(at(get, 'x-rate-limit'), [
    { name: 'find', by: ['ip', '${query.q}'], limit: 10, per: '1h', burst: 20, algorithm: 'token-bucket', cost: 5 },
    {
      name: 'all',
      by: 'all',
      limit: { on: '${query.q}', is: { x: 5 }, else: 6 },
      per: '1m',
      algorithm: 'sliding-window',
      cost: 5,
    },
  ])
  t.is(
    at(get, 'description'),
    'Limited to 10 in 1h for each address and `${query.q}`, and to 6 (another number by `${query.q}`) in 1m for all callers together. One request counts as 5.',
  )
  const headers = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'RateLimit-Policy', 'RateLimit']
  t.deepEqual(Object.keys(at(get, 'responses', '200', 'headers') as object), ['X-Request-Id', ...headers])
  t.deepEqual(Object.keys(at(document, 'components', 'responses', 'rate_limited', 'headers') as object), [
    'X-Request-Id',
    'Retry-After',
    ...headers,
  ])
})

test('gathers the refusals of a route by status, in both of their forms', async (t) => {
  const document = await documentOf(
    t,
    `issuers: { shop: { builtin: true, audience: api } }
roles: { user: [{ can: read, subject: Order, when: { owner: '\${user.id}' } }] }
routes:
  POST /:owner:
    authenticate: jwt
    network: [10.0.0.0/8]
    scopes: [a]
    authorize: { action: read, subject: Order, resource: { owner: '\${params.owner}' } }
    input: { body: { type: object } }
    upstream: http://127.0.0.1:9000
  GET /:owner:
    authenticate: jwt
    authorize: { action: read, subject: Order, resource: { owner: '\${params.owner}' }, hide: true }
    reply: {}
`,
  )
  const names = Object.entries(at(document, 'paths', '/{owner}', 'post', 'responses') as object).map(
    ([status, { $ref }]) => [status, $ref?.replace('#/components/responses/', '')],
  )
  t.deepEqual(names, [
    ['400', 'request_malformed'],
    ['401', 'token_missing.token_expired.token_invalid'],
    ['403', 'address_denied.scope_missing.forbidden'],
    ['413', 'body_too_large'],
    ['415', 'media_type_unsupported'],
    ['422', 'input_invalid'],
    ['502', 'upstream_failed'],
    ['504', 'upstream_timeout'],
    ['2XX', undefined],
    ['default', 'refused'],
  ])
  t.truthy(at(document, 'paths', '/{owner}', 'get', 'responses', '404'))
  t.is(at(document, 'paths', '/{owner}', 'get', 'responses', '403'), undefined)
  const forbidden = at(document, 'components', 'responses', 'address_denied.scope_missing.forbidden')
  t.deepEqual(at(forbidden, 'content', 'application/json', 'schema'), { $ref: '#/components/schemas/Refusal' })
  t.deepEqual(at(forbidden, 'content', 'application/problem+json', 'schema'), {
    $ref: '#/components/schemas/RefusalProblem',
  })
  t.deepEqual(at(document, 'paths', '/{owner}', 'post', 'x-authorize'), { action: 'read', subject: 'Order' })
  for (const internal of ['127.0.0.1', '9000', '10.0.0.0', 'shop.yaml'])
    t.false(JSON.stringify(document).includes(internal), internal)
})

test('shows the answers that are known beforehand', async (t) => {
  const document = await documentOf(
    t,
    `defaults: { authenticate: public }
routes:
  GET /moved: { reply: { status: 410, headers: { content-type: 'text/html; charset=utf-8' }, body: gone } }
  GET /empty: { reply: { status: 204 } }
  GET /ready: { builtin: ready }
`,
  )
  const answer = (path: string, status: string) => at(document, 'paths', path, 'get', 'responses', status, 'content')
  t.deepEqual(answer('/moved', '410'), { 'text/html': { example: 'gone' } })
  t.is(answer('/empty', '204'), undefined)
  t.truthy(at(document, 'paths', '/empty', 'get', 'responses', '204'))
  t.deepEqual(answer('/ready', '503'), { 'application/json': { example: { status: 'unready' } } })
})

test('asks nothing in the name of a guard that only reports', async (t) => {
  const document = await documentOf(
    t,
    `issuers: { shop: { builtin: true, audience: api } }
roles: { user: [{ can: read, subject: Order }] }
routes:
  POST /a:
    because: we try it out first
    reportOnly: [rateLimit, scopes, input, authorize]
    authenticate: jwt
    rateLimit: [{ by: ip, limit: 1, per: 1m }]
    scopes: [a]
    input: { body: { type: object, properties: { sku: { type: string } } } }
    authorize: { action: read, subject: Order }
    reply: {}
`,
  )
  const post = at(document, 'paths', '/a', 'post')
  t.deepEqual(Object.keys(at(post, 'responses') as object), ['200', '401', 'default'])
  t.deepEqual(at(post, 'security'), [{ shop: [] }])
  t.is(at(post, 'x-rate-limit'), undefined)
  t.is(at(post, 'x-authorize'), undefined)
  t.is(at(post, 'description'), undefined)
  t.truthy(at(post, 'requestBody', 'content', 'application/json', 'schema', 'properties', 'sku'))
})

test('leaves out what is not filled in before the server opens, and tells defaults', async (t) => {
  const document = await documentOf(
    t,
    `defaults: { authenticate: public }
routes:
  POST /a:
    rateLimit: [{ by: ip, limit: '\${env:LIMIT}', per: 1m }, { by: all, limit: '\${env:MOST:-9}', per: 1m }]
    input:
      body: { type: object, properties: { sku: { type: string, maxLength: '\${env:LENGTH}' }, n: { type: integer, maximum: '\${env:N:-7}' } } }
    reply: { body: '\${env:GREETING}' }
  GET /b:
    rateLimit: [{ by: ip, limit: 5, per: '\${env:PERIOD}' }]
    reply: {}
`,
  )
  const post = at(document, 'paths', '/a', 'post')
  t.deepEqual(
    (at(post, 'x-rate-limit') as readonly object[]).map((limit) => at(limit, 'limit')),
    [9],
  )
  t.deepEqual(at(post, 'requestBody', 'content', 'application/json', 'schema', 'properties'), {
    sku: { type: 'string' },
    n: { type: 'integer', maximum: 7 },
  })
  t.false(JSON.stringify(document).includes('${'))
  t.truthy(at(document, 'paths', '/b', 'get', 'responses', '429'))
})

test('keeps a member named `__proto__` a member', async (t) => {
  const document = await documentOf(
    t,
    `defaults: { authenticate: public }
routes:
  POST /a: { input: { body: { type: object, properties: { __proto__: { type: integer } } } }, reply: {} }
`,
  )
  const { properties } = at(
    document,
    ...['paths', '/a', 'post', 'requestBody', 'content', 'application/json', 'schema'],
  ) as { readonly properties: object }
  t.deepEqual(Object.keys(properties), ['__proto__'])
})

test('is switched on as its guide shows', (t) => {
  const snippets = readFences('docs/openapi.md').filter(({ language }) => language === 'yaml')
  t.is(snippets.length, 1)
  for (const { text } of snippets) t.deepEqual(findFaults({ 'p.yaml': text }), [])
})
