import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { inspect } from '../../src/policy/inspect.ts'
import { openApiDocument } from '../../src/policy/openapi/document.ts'
import { ImportFault } from '../../src/tools/openapi-import/import-fault.ts'
import { importOpenApi } from '../../src/tools/openapi-import/import-openapi.ts'
import { findingsOf } from '../../src/tools/openapi-import/mend.ts'
import { folderOf } from '../policy/folder.ts'

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/openapi/${name}`, import.meta.url), 'utf8')

/** The policy of a document, as text and as data; `check` has nothing to say of it. */
function importOf(t: ExecutionContext, document: unknown, upstream?: string) {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const imported = importOpenApi(text, { file: '/somewhere/api.yaml', upstream })
  t.deepEqual(findingsOf(imported.text), [])
  return { ...imported, policy: parse(imported.text) }
}

const withPaths = (paths: unknown, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'An API', version: '1' },
  paths,
  ...more,
})
const withBody = (schema: unknown, more: object = {}) =>
  withPaths({ '/a': { post: { security: [], requestBody: { content: { 'application/json': { schema } } } } } }, more)

const faultOf = (t: ExecutionContext, text: string): string =>
  t.throws(() => importOpenApi(text, { file: 'api.yaml' }), { instanceOf: ImportFault }).message

test('makes a policy of an OpenAPI 3.0 document', (t) => {
  const { policy, text } = importOf(t, fixture('shop-3.0.yaml'))
  t.is(policy.service, 'shop')
  t.is(policy.prefix, '/v2')
  t.is(policy.upstream, 'https://eu.shop.example')
  t.deepEqual(Object.keys(policy.routes), [
    'GET /articles',
    'POST /articles',
    'GET /articles/:article_id',
    'PUT /articles/:article_id',
    'POST /open',
  ])
  t.regex(text, /# - left out: `\/articles\/\{id\}\.json`: a parameter is a whole segment/)
  t.false(text.includes('/somewhere'))
})

test('takes parameters over by place and style', (t) => {
  const { policy, text } = importOf(t, fixture('shop-3.0.yaml'))
  t.deepEqual(policy.routes['GET /articles'].input, {
    query: {
      page: { type: 'integer', exclusiveMinimum: 0, default: 1 },
      tag: { type: 'array', items: { type: 'string', maxLength: 20 } },
      ids: { type: 'string' },
      'filter[color]': { type: 'string' },
      'filter[size]': { type: 'integer' },
    },
    headers: { tenant: { type: 'string', required: true } },
  })
  t.regex(text, /# `ids` is taken as a text: its items stand in one value/)
  t.deepEqual(policy.routes['PUT /articles/:article_id'].input.params, { article_id: { type: 'string' } })
})

test('takes bodies over: JSON by its schema, other types unread', (t) => {
  const { policy, text } = importOf(t, fixture('shop-3.0.yaml'))
  t.deepEqual(policy.routes['POST /articles'].input.body, { $ref: '#/schemas/Article' })
  t.regex(text, /# a body of application\/xml is left out/)
  t.like(policy.routes['PUT /articles/:article_id'].input, { body: 'any', contentTypes: ['image/png'] })
})

test('takes schemas over: what an answer alone holds, what is unsafe and what would be filled in is left out', (t) => {
  const { policy, text } = importOf(t, fixture('shop-3.0.yaml'))
  t.deepEqual(policy.schemas.Article, {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', pattern: '^[a-z\\-]+$' },
      slow: { type: 'string' },
      note: { type: ['string', 'null'] },
      price: { type: 'integer' },
      parts: { type: 'array', items: { $ref: '#/schemas/Article' } },
      parent: { anyOf: [{ $ref: '#/schemas/Article' }, { type: 'null' }] },
      extra: { type: 'object', additionalProperties: true },
      secret: { type: 'string', enum: ['b'], description: 'reads $ {file:/etc/passwd}' },
    },
  })
  t.regex(text, /`properties\.slow\.pattern` is left out: expected a pattern that takes linear time/)
  t.regex(text, /`format: markdown` is left out/)
})

test('asks for the credentials of the document, or for stricter ones, and leaves nothing open', (t) => {
  const { policy, text } = importOf(t, fixture('shop-3.0.yaml'))
  const { routes } = policy
  t.like(routes['GET /articles'], { authenticate: 'public' })
  t.like(routes['POST /articles'], { authenticate: { jwt: { issuers: ['login'] } }, scopes: ['articles:write'] })
  t.like(routes['GET /articles/:article_id'], { scopes: ['articles:read'] })
  t.like(routes['PUT /articles/:article_id'], { authenticate: { jwt: { issuers: ['key'] } } })
  t.deepEqual(routes['POST /open'].authenticate, [{ jwt: { issuers: ['login'] } }, 'public'])
  t.regex(text, /# stands in for `apiKey header X-Key`, which the language does not have/)
})

test('makes a policy of an OpenAPI 3.1 document', (t) => {
  const { policy, text } = importOf(t, fixture('trips-3.1.json'))
  t.is(policy.upstream, 'http://127.0.0.1:9000')
  t.regex(text, /the document names `http:\/\/trips\.example`, which is plain http:/)
  t.regex(text, /left out: `GET \/trips\/\{name\}`: `\/trips\/\{id\}` answers the same requests/)
  t.like(policy.routes['GET /trips/:id'], {
    deprecated: true,
    authenticate: { jwt: { issuers: ['oidc', 'token'] } },
    scopes: ['read'],
  })
  t.regex(text, /issuer: 'https:\/\/login\.example'/)
  t.regex(text, /the document asks for token and basic together; here token alone is asked for/)
  t.deepEqual(policy.routes['PATCH /trips/:id'].input.contentTypes, ['application/merge-patch+json'])
  t.like(policy.schemas.ByTrain, { additionalProperties: { type: 'string' } })
  t.regex(text, /`if` is left out/)
})

test('asks for a token where the document never says who may call', (t) => {
  const { policy } = importOf(t, withPaths({ '/a': { get: {} } }))
  t.deepEqual(policy.routes['GET /a'].authenticate, { jwt: { issuers: ['stand-in'] } })
})

test('leaves nothing open where the document speaks of security in a form that OpenAPI does not have', (t) => {
  const schemes = { login: { type: 'http', scheme: 'bearer' } }
  for (const security of [
    ['login'],
    [null],
    [['login']],
    [{ login: 'read' }],
    [{ login: null }],
    { login: [] },
    'login',
    null,
    1,
  ]) {
    const paths = { '/a': { get: { security } }, '/b': { get: {} }, '/open': { get: { security: [] } } }
    const more = { components: { securitySchemes: schemes }, security: [{ login: [] }] }
    const { policy, text } = importOf(t, withPaths(paths, more))
    t.deepEqual(policy.routes['GET /a'].authenticate, { jwt: { issuers: ['stand-in'] } }, JSON.stringify(security))
    t.regex(text, /# `security` is no list of schemes with their scopes, so a token is asked for\n {2}GET \/a:/)
    t.is(policy.routes['GET /open'].authenticate, 'public')
    const whole = importOf(t, withPaths({ '/b': { get: {} }, '/open': { get: { security: [] } } }, { security }))
    t.deepEqual(whole.policy.routes['GET /b'].authenticate, { jwt: { issuers: ['stand-in'] } })
  }
})

test('writes no section that holds nothing', (t) => {
  const empty = { properties: {}, type: 'object', minProperties: 1 }
  const { policy } = importOf(
    t,
    withBody({ $ref: '#/components/schemas/E' }, { components: { schemas: { E: empty } } }),
  )
  t.deepEqual(Object.keys(policy), ['service', 'upstream', 'defaults', 'routes'])
})

test('asks for a scope whatever it is called', (t) => {
  const paths = { '/a': { get: { security: [{ login: ['a b', 1, { toString: 1 }, null] }] } } }
  const { policy } = importOf(t, withPaths(paths, { components: { securitySchemes: { login: { type: 'oauth2' } } } }))
  t.deepEqual(policy.routes['GET /a'].scopes, ['a_b', '1', '{_toString_:1}', 'null'])
})

test('refuses in one sentence what it cannot read', (t) => {
  t.regex(faultOf(t, 'swagger: "2.0"\npaths: {}'), /^expected OpenAPI 3, got Swagger 2\.0: .*swagger2openapi/)
  t.regex(faultOf(t, 'openapi: 4.0.0'), /^expected OpenAPI 3\.0, 3\.1 or 3\.2, got `4\.0\.0`$/)
  t.regex(faultOf(t, '[1]'), /^expected an OpenAPI document/)
  t.regex(faultOf(t, 'a: ['), /^cannot read it as JSON or YAML/)
  t.regex(faultOf(t, 'openapi: 3.1.0\npaths: {}'), /^the document has no route/)
  t.regex(faultOf(t, JSON.stringify(withBody({ $ref: 'pet.yaml#/Pet' }))), /stands alone.*`pet\.yaml#\/Pet`.*bundle/)
  t.regex(faultOf(t, JSON.stringify(withBody({ $ref: '#/components/schemas/Gone' }))), /leads nowhere$/)
  t.regex(faultOf(t, 'openapi: 3.1.0\npaths: &p { /a: *p }'), /levels|circular|alias/i)
})

test('takes hostile names and texts as data', (t) => {
  const { policy, text } = importOf(
    t,
    withBody(
      {
        type: 'object',
        required: ['__proto__'],
        properties: JSON.parse('{"__proto__":{"type":"string"},"${env:HOME}":{"type":"string"},"a\\nroutes:":{}}'),
      },
      { info: { title: 'x\nroutes:\n  GET /: { authenticate: public }', version: '\u2028#' } },
    ),
  )
  t.deepEqual(Object.keys(policy.routes), ['POST /a'])
  t.false(text.includes('${env:HOME}'))
})

test('gives the same paths, methods and required parameters back when it is exported', (t) => {
  const document = parse(fixture('shop-3.0.yaml'))
  const { text } = importOf(t, document)
  const exported = openApiDocument(inspect(folderOf(t, { 'shop.yaml': text }))) as {
    readonly paths: Record<string, Record<string, { parameters?: { name: string; required?: boolean }[] }>>
  }
  const operations = Object.entries(exported.paths).flatMap(([path, item]) =>
    ['get', 'put', 'post'].filter((method) => item[method]).map((method) => `${method} ${path}`),
  )
  t.deepEqual(operations.sort(), [
    'get /v2/articles',
    'get /v2/articles/{article_id}',
    'post /v2/articles',
    'post /v2/open',
    'put /v2/articles/{article_id}',
  ])
  const required = exported.paths['/v2/articles']?.get?.parameters?.filter((each) => each.required)
  t.deepEqual(
    required?.map(({ name }) => name),
    ['tenant'],
  )
})

test('takes another upstream where one is named', (t) => {
  t.is(importOf(t, fixture('trips-3.1.json'), 'https://trips.internal').policy.upstream, 'https://trips.internal')
})

const withContent = (content: unknown, more: object = {}) =>
  withPaths({ '/a': { post: { security: [], requestBody: { required: true, content } } } }, more)
const inputOf = (t: ExecutionContext, content: unknown, more: object = {}) =>
  importOf(t, withContent(content, more)).policy.routes['POST /a'].input
const multipart = 'multipart/form-data'
const urlencoded = 'application/x-www-form-urlencoded'

test('takes forms over: texts by their schema, files by type and number', (t) => {
  const properties = {
    title: { type: 'string', maxLength: 9 },
    tags: { type: 'array', items: { type: 'string' } },
    photo: { type: 'string', format: 'binary' },
    pages: { type: 'array', items: { type: 'string', contentMediaType: 'image/png' }, maxItems: 3 },
    scan: { type: 'string', contentMediaType: 'application/octet-stream' },
    at: { type: 'string', format: 'binary', readOnly: true },
  }
  const schema = { type: 'object', required: ['title', 'photo'], properties }
  const encoding = { photo: { contentType: 'image/png, image/JPEG' }, scan: { contentType: 'image/*' } }
  t.deepEqual(inputOf(t, { [multipart]: { schema, encoding } }), {
    body: {
      type: 'object',
      required: ['title'],
      properties: { title: properties.title, tags: properties.tags },
    },
    files: {
      photo: { contentTypes: ['image/png', 'image/jpeg'], required: true },
      pages: { contentTypes: ['image/png'], maxItems: 3 },
      scan: {},
    },
  })
})

test('takes a schema over that JSON and forms share', (t) => {
  const schema = { $ref: '#/components/schemas/Note' }
  const components = { schemas: { Note: { type: 'object', properties: { note: { type: 'string' } } } } }
  const body = { $ref: '#/schemas/Note' }
  const media = { schema }
  t.deepEqual(inputOf(t, { [urlencoded]: media }, { components }), { body, contentTypes: [urlencoded] })
  t.deepEqual(inputOf(t, { [urlencoded]: media, [multipart]: media }, { components }), {
    body,
    contentTypes: [urlencoded, multipart],
  })
  t.deepEqual(inputOf(t, { 'application/json': media, [urlencoded]: media }, { components }), {
    body,
    contentTypes: ['application/json', urlencoded],
  })
})

test('lets a form through unread whose fields are no texts, and leaves it out beside JSON', (t) => {
  const schema = { type: 'object', properties: { place: { type: 'object', properties: {} } } }
  t.deepEqual(inputOf(t, { [urlencoded]: { schema } }), {
    body: 'any',
    bodyRequired: true,
    contentTypes: [urlencoded],
  })
  const { text } = importOf(t, withContent({ 'application/json': { schema }, [urlencoded]: { schema } }))
  t.regex(text, /a body of application\/x-www-form-urlencoded is left out/)
})

test('what is made of a form is the form again', (t) => {
  const { text } = importOf(
    t,
    withContent({
      [multipart]: { schema: { type: 'object', properties: { photo: { type: 'string', format: 'binary' } } } },
    }),
  )
  const document = openApiDocument(inspect(folderOf(t, { 'api.yaml': text })))
  const again = importOf(t, JSON.parse(JSON.stringify(document)))
  t.deepEqual(again.policy.routes['POST /a'].input.files, { photo: {} })
})
