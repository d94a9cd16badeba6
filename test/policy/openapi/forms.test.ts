/** The OpenAPI document of routes that take forms. */

import test from 'ava'
import { at, documentOf } from './reading.ts'

const route = (input: string) => `
schemas:
  Note: { type: object, required: [note], properties: { note: { type: string } } }
routes:
  POST /a:
    authenticate: public
    rateLimit: [{ by: ip, limit: 60, per: 1m }]
    input: ${input}
    reply: {}
`
const contentOf = (document: unknown) => at(document, 'paths', '/a', 'post', 'requestBody', 'content')

test('tells of a form by each media type that the route takes', async (t) => {
  const body = '{ type: object, properties: { n: { type: integer } } }'
  const content = contentOf(
    await documentOf(
      t,
      route(`{ contentTypes: [application/json, application/x-www-form-urlencoded], body: ${body} }`),
    ),
  )
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
  t.deepEqual(content, { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } })
})

test('tells of files beside the texts of a form', async (t) => {
  const files =
    '{ photo: { contentTypes: [image/png, image/jpeg], maxBytes: 1mb, required: true }, pages: { contentTypes: [text/plain], maxItems: 3 }, any: {} }'
  const content = contentOf(
    await documentOf(
      t,
      route(`{ body: { type: object, required: [n], properties: { n: { type: integer } } }, files: ${files} }`),
    ),
  )
  t.deepEqual(content, {
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: {
          n: { type: 'integer' },
          photo: { type: 'string', contentMediaType: 'application/octet-stream', description: 'At most 1mb.' },
          pages: { type: 'array', items: { type: 'string', contentMediaType: 'text/plain' }, maxItems: 3 },
          any: { type: 'string', contentMediaType: 'application/octet-stream' },
        },
        required: ['n', 'photo'],
        additionalProperties: false,
      },
      encoding: { photo: { contentType: 'image/png, image/jpeg' }, pages: { contentType: 'text/plain' } },
    },
  })
})

test('tells of files beside texts that a shared schema describes', async (t) => {
  const content = contentOf(await documentOf(t, route("{ body: { $ref: '#/schemas/Note' }, files: { photo: {} } }")))
  const [texts, files] = at(content, 'multipart/form-data', 'schema', 'allOf') as [object, object]
  t.regex(String(at(texts, '$ref')), /Note/)
  t.deepEqual(at(files, 'properties'), { photo: { type: 'string', contentMediaType: 'application/octet-stream' } })
})

test('tells of files alone', async (t) => {
  const content = contentOf(await documentOf(t, route('{ files: { photo: {} } }')))
  t.deepEqual(Object.keys(at(content, 'multipart/form-data', 'schema', 'properties') as object), ['photo'])
})
