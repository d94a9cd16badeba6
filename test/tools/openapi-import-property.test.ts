/** Whatever a document says, the policy made of it is clean: documents are generated, sensible and senseless. */

import test from 'ava'
import fc from 'fast-check'
import { ImportFault } from '../../src/tools/openapi-import/import-fault.ts'
import { importOpenApi } from '../../src/tools/openapi-import/import-openapi.ts'
import { findingsOf } from '../../src/tools/openapi-import/mend.ts'

const word = fc.constantFrom(
  'a',
  'b',
  'id',
  'Pet',
  '__proto__',
  'constructor',
  '',
  'x y',
  'ü',
  '${env:A}',
  '#',
  'a: b',
  '*',
  'off',
)
const number = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constantFrom(0.5, 1e300, 2 ** 60, -1))
const value = fc.oneof(word, number, fc.boolean(), fc.constant(null), fc.constant([]), fc.constant({}))
const pattern = fc.constantFrom('^a$', '^(a+)+$', '(', '[\\w-.]', '\\-', '^[a-z]{2,9}$')
const reference = fc.constantFrom('A', 'B', 'C').map((name) => ({ $ref: `#/components/schemas/${name}` }))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 6, arbitrary }, { weight: 1, arbitrary: value })
const types = fc.constantFrom('string', 'integer', 'number', 'boolean', 'object', 'array', 'null', 'file', [
  'string',
  'null',
])

const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 1, arbitrary: reference },
    { weight: 1, arbitrary: fc.boolean() },
    {
      weight: 8,
      arbitrary: fc.record(
        {
          type: maybe(types),
          properties: fc.dictionary(word, tie('schema'), { maxKeys: 3 }),
          required: maybe(fc.array(word, { maxLength: 3 })),
          additionalProperties: maybe(tie('schema')),
          patternProperties: fc.dictionary(pattern, tie('schema'), { maxKeys: 1 }),
          propertyNames: tie('schema'),
          dependentRequired: maybe(fc.dictionary(word, fc.array(word))),
          items: maybe(tie('schema')),
          prefixItems: fc.array(tie('schema'), { maxLength: 2 }),
          enum: maybe(fc.array(value, { maxLength: 3 })),
          const: value,
          default: value,
          nullable: fc.boolean(),
          readOnly: fc.boolean(),
          pattern: maybe(pattern),
          format: maybe(fc.constantFrom('uuid', 'int32', 'email', 'binary', 'weird')),
          minLength: maybe(number),
          maxLength: maybe(number),
          minimum: maybe(number),
          maximum: maybe(number),
          exclusiveMinimum: fc.oneof(fc.boolean(), number),
          multipleOf: maybe(number),
          minItems: maybe(number),
          maxItems: maybe(number),
          uniqueItems: maybe(fc.boolean()),
          minProperties: maybe(number),
          description: maybe(word),
          allOf: maybe(fc.array(tie('schema'), { maxLength: 2 })),
          anyOf: maybe(fc.array(tie('schema'), { maxLength: 2 })),
          oneOf: maybe(fc.array(tie('schema'), { maxLength: 2 })),
          not: tie('schema'),
          if: tie('schema'),
        },
        { requiredKeys: [] },
      ),
    },
  ),
}))

const parameter = fc.record(
  {
    name: maybe(word),
    in: maybe(fc.constantFrom('path', 'query', 'header', 'cookie')),
    schema: maybe(schema),
    required: maybe(fc.boolean()),
    style: maybe(fc.constantFrom('form', 'simple', 'deepObject', 'pipeDelimited')),
    explode: maybe(fc.boolean()),
  },
  { requiredKeys: ['name', 'in'] },
)
const media = fc.constantFrom(
  'application/json',
  'application/problem+json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
  '*/*',
  'IMAGE/PNG',
  '',
)
const operation = fc.record(
  {
    summary: maybe(word),
    description: maybe(word),
    deprecated: maybe(fc.boolean()),
    parameters: maybe(fc.array(parameter, { maxLength: 3 })),
    requestBody: maybe(
      fc.record({
        content: maybe(
          fc.dictionary(
            media,
            fc.record(
              { schema, encoding: maybe(fc.dictionary(word, fc.record({ contentType: maybe(word) }))) },
              { requiredKeys: ['schema'] },
            ),
            { maxKeys: 2 },
          ),
        ),
        required: fc.boolean(),
      }),
    ),
    security: maybe(fc.array(fc.dictionary(word, fc.array(word, { maxLength: 2 }), { maxKeys: 2 }), { maxLength: 2 })),
  },
  { requiredKeys: [] },
)
const path = fc.constantFrom(
  '/',
  '/a',
  '/a/',
  '/a/{id}',
  '/a/{b}',
  '/{a b}/{a_b}',
  '/{__proto__}',
  '/a.{b}',
  '/a:b',
  '/../x',
  '/ü',
  'a',
  '//',
)
const item = fc.dictionary(fc.constantFrom('get', 'put', 'post', 'delete', 'head', 'trace', 'options'), operation, {
  maxKeys: 3,
})
const scheme = fc.record(
  {
    type: maybe(fc.constantFrom('http', 'apiKey', 'oauth2', 'openIdConnect')),
    scheme: maybe(fc.constantFrom('bearer', 'basic')),
    openIdConnectUrl: maybe(word),
  },
  { requiredKeys: [] },
)
const document = fc.record({
  openapi: fc.constantFrom('3.0.3', '3.1.0', '3.2.0'),
  info: maybe(fc.record({ title: maybe(word), version: maybe(word) })),
  servers: maybe(
    fc.array(
      fc.record({
        url: fc.constantFrom('/v1', 'https://a.example/b/', 'http://a.example', '{x}', '::', 'https://u:p@a.example'),
      }),
      { maxLength: 2 },
    ),
  ),
  paths: fc.dictionary(path, item, { minKeys: 1, maxKeys: 3 }),
  components: fc.record({
    schemas: fc.record({ A: schema, B: schema, C: schema }),
    securitySchemes: fc.dictionary(word, scheme, { maxKeys: 3 }),
  }),
})

test('a policy that comes out of any document is clean, for `--strict` as well', (t) => {
  let written = 0
  fc.assert(
    fc.property(document, fc.boolean(), (api, isWhole) => {
      try {
        const { text } = importOpenApi(JSON.stringify(api), { file: 'api.json', isWhole })
        t.deepEqual(findingsOf(text), [])
        written++
      } catch (error) {
        if (!(error instanceof ImportFault)) throw error
      }
    }),
    { numRuns: 150 },
  )
  t.true(written > 50, `${written}`)
})
