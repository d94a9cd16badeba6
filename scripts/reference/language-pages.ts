/** The small languages inside the language: expressions, references, quantities, and the schemas of input. */

import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { kebab } from '../../src/policy/reference-page.ts'
import { formats } from '../../src/schema/formats.ts'
import { type Keyword, keywordRows } from '../../src/schema/keywords.ts'
import { code, codes, fence, link, page, table } from './markdown.ts'
import { shapeOf } from './shape.ts'
import { keywordWords, rootWords, transformWords } from './words.ts'

const expressionExample = `issuers:
  shop: { builtin: true, audience: orders-api }
routes:
  GET /tenants/:org/orders:
    authenticate: jwt
    rateLimit:
      - { by: [user, '\${params.org}'], name: org, limit: { on: '\${user.claims.plan}', is: { pro: 600 }, else: 60 }, per: 1m }
    upstream: { url: https://orders.internal, headers: { X-Role: '\${user.claims.orgs[params.org]}' } }
`

export const expressionsPage = (): string =>
  page(
    '# Values, references, expressions',
    fence('yaml', expressionExample),
    '## Durations and sizes',
    'A whole number and a unit, without a space: `500ms`, `30s`, `5m`, `12h`, `7d`; `512b`, `16kb`, `1mb`, `1gb`. A kb is 1,024 bytes.',
    '## References',
    'Filled in at load or at the start, anywhere in a policy. As a whole value a reference is read as the type that is expected there.',
    table(
      ['written', 'filled in', 'with'],
      [
        ['`${value:NAME}`', 'when policies are read', `a declared value; see ${link('values', 'sections/values.md')}`],
        ['`${env:NAME}`', 'when the server starts', 'the environment; not there is an error'],
        ['`${env:NAME:-default}`', 'when the server starts', 'the environment, or the default'],
        ['`${secret:NAME}`', 'when the server starts', `a secret; see ${link('settings', 'sections/settings.md')}`],
        [
          '`${file:PATH}`',
          'when the server starts',
          'the file, relative to the policy file, without the newline at its end',
        ],
      ],
    ),
    '`check` needs none of the last four. What only the value can show, such as a weak secret, is found at the start, under the same rule and place.',
    '## Expressions',
    'Paths into the request, never code. They read own members only, and yield a scalar, a list of scalars, or nothing.',
    table(
      ['written', 'is'],
      Object.values(rootWords).map(({ written, means }) => [written, means]),
    ),
    "`['NAME']` stands for names that are no words: `${headers['x-api-version']}`. One path indexes another: `${user.claims.orgs[params.org]}`. Text around an expression makes a text, and no value as soon as one part has none.",
    '## Where expressions stand',
    table(['block', 'options'], placeRows()),
    `Beside these, conditions of ${link('roles', 'sections/roles.md')} (\`when\`) take them. Anywhere else a \`\${…}\` is the error ${link('`policy/misplaced-expression`', 'diagnostics.md#policy-misplaced-expression')}.`,
  )

const placeRows = (): readonly (readonly string[])[] =>
  [...guards, ...handlers].flatMap(({ name, expressions = [] }) =>
    expressions.length === 0 ? [] : [[link(code(name), `blocks/${kebab(name)}.md`), codes(expressions)]],
  )

const inputExample = `routes:
  POST /orders:
    authenticate: public
    rateLimit: [{ by: ip, limit: 60, per: 1m }]
    input:
      query: { dryRun: { type: boolean, default: false } }
      body:
        type: object
        required: [lines]
        properties:
          note: { type: string, maxLength: 500, transform: [trim, nfc] }
          lines:
            type: array
            minItems: 1
            maxItems: 50
            items:
              type: object
              required: [sku, quantity]
              properties:
                sku: { type: string, pattern: '^[A-Z]{2}-[0-9]{4}$' }
                quantity: { type: integer, minimum: 1, maximum: 999 }
    builtin: health
`

export const inputSchemasPage = (): string =>
  page(
    '# Input schemas',
    'The vocabulary of JSON Schema 2020-12, with every keyword enforced or refused.',
    fence('yaml', inputExample),
    '## House rules',
    [
      '- A schema says its `type`, or `$ref`, `enum`, `const`, `oneOf`, `anyOf`, `allOf`.',
      '- An object is closed unless `additionalProperties` opens it. Under `allOf`, the union of the branches is what is closed.',
      '- A list says its `items`.',
      '- A keyword that is not in this table is an error, never ignored.',
      '- Integers beyond 2⁵³−1 are refused: they could not be kept exactly.',
    ].join('\n'),
    '## Keywords',
    table(
      ['keyword', 'of', 'value', 'means'],
      keywordRows.map(([name, keyword]) => [code(name), keyword.on ?? 'any', argumentOf(keyword), keywordWords[name]]),
    ),
    '## Formats',
    table(
      ['format', 'is'],
      Object.entries(formats).map(([name, { label }]) => [code(name), label]),
    ),
    '## Transforms',
    table(
      ['transform', 'does'],
      Object.entries(transformWords).map(([name, words]) => [code(name), words]),
    ),
    'Under `oneOf` and `anyOf` the transforms of the branch that matches hold.',
  )

const argumentOf = ({ meta }: Keyword): string => shapeOf(meta({ $ref: '#' }))
