/** The findings about an `input` block. */

import test from 'ava'
import type { RouteFacts } from '../../src/core/site.ts'
import { input } from '../../src/guards/input/input.ts'
import { siteOf } from '../helpers/guard-host.ts'

type Block = Parameters<typeof input.compile>[0]

/** `rule place`, with the message and the hint of its own where asked for. */
const faultsOf = (block: unknown, route: Partial<RouteFacts> = {}) =>
  (input.check?.(block as Block, siteOf(route)) ?? []).map(
    ({ rule, path, onKey }) => `${rule} ${path.join('.')}${onKey ? ' key' : ''}`,
  )

const cases: [title: string, block: unknown, faults: string[]][] = [
  ['accepts an empty block', {}, []],
  [
    'accepts `any`',
    { query: 'any', body: 'any', contentTypes: ['image/png'], maxBytes: '1mb', bodyRequired: true },
    [],
  ],
  ['accepts `required` on a parameter', { query: { q: { type: 'string', required: true } } }, []],
  ['accepts a shared schema', { body: { $ref: '#/schemas/Order' } }, []],
  [
    'accepts what a shared schema may declare',
    { body: { allOf: [{ $ref: '#/schemas/Base' }, { type: 'object', required: ['id'] }] } },
    [],
  ],
  ['accepts a recursive schema', { body: { type: 'object', properties: { child: { $ref: '#' } } } }, []],
  [
    'refuses another `required` on a parameter',
    { query: { q: { type: 'string', required: ['q'] }, r: {} } },
    ['input/invalid-schema query.q.required', 'input/invalid-schema query.r'],
  ],
  ['refuses a schema without a type', { query: { q: {} } }, ['input/invalid-schema query.q']],
  ['refuses an unknown type', { body: { type: 'strin' } }, ['input/invalid-schema body.type']],
  [
    'refuses an unsupported keyword',
    { body: { type: 'object', patternProperties: {} } },
    ['input/unsupported-keyword body.patternProperties key'],
  ],
  [
    'refuses it deep inside',
    { body: { type: 'array', items: { type: 'string', maxLenght: 1 } } },
    ['input/unsupported-keyword body.items.maxLenght key'],
  ],
  [
    'refuses a pattern that does not compile',
    { headers: { 'x-a': { type: 'string', pattern: '(' } } },
    ['input/invalid-schema headers.x-a.pattern'],
  ],
  ['refuses a reference into nothing', { body: { $ref: '#/properties/x' } }, ['input/invalid-schema body.$ref']],
  [
    'refuses what nothing satisfies',
    { cookies: { n: { type: 'integer', minimum: 2, maximum: 1 } } },
    ['input/unsatisfiable cookies.n.minimum'],
  ],
  [
    'refuses an object as a parameter',
    { query: { filter: { type: 'object' } } },
    ['input/unsatisfiable query.filter.type'],
  ],
  [
    'refuses a default that does not fit',
    { query: { n: { type: 'integer', default: 'x' } } },
    ['input/invalid-schema query.n.default'],
  ],
  [
    'refuses a parameter that the path lacks',
    { params: { idd: { type: 'string' } } },
    ['input/unknown-parameter params.idd key'],
  ],
  [
    'warns that the path is not changed',
    { params: { id: { type: 'string', transform: ['trim'], default: 'x' } } },
    ['input/path-unchanged params.id.transform key', 'input/path-unchanged params.id.default key'],
  ],
  [
    'refuses names that no header has',
    { headers: { 'a b': { type: 'string' } }, cookies: { 'a=b': { type: 'string' } } },
    ['input/invalid-name headers.a b key', 'input/invalid-name cookies.a=b key'],
  ],
  [
    'refuses one header twice',
    { headers: { 'X-A': { type: 'string' }, 'x-a': { type: 'string' } } },
    ['input/duplicate-header headers.x-a key'],
  ],
  ['tells cookies apart by case', { cookies: { A: { type: 'string' }, a: { type: 'string' } } }, []],
  [
    'refuses a type that a schema cannot read',
    { body: { type: 'object' }, contentTypes: ['application/json', 'text/plain', 'application/a+json'] },
    ['input/content-type contentTypes.1'],
  ],
  [
    'accepts forms beside JSON',
    {
      body: {
        type: 'object',
        properties: { n: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
      },
      contentTypes: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    },
    [],
  ],
  [
    'accepts files, with texts and without',
    {
      body: { $ref: '#/schemas/Note' },
      files: { photo: { contentTypes: ['image/png'], maxBytes: '1mb' } },
      maxBytes: '2mb',
    },
    [],
  ],
  ['accepts files alone', { files: { 'my photo': {} }, contentTypes: ['multipart/form-data'], maxBytes: '2mb' }, []],
  [
    'refuses what no field of a form can be',
    {
      body: {
        type: 'object',
        properties: {
          a: { type: 'object' },
          b: { type: 'array', items: { type: 'object' } },
          c: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
        },
      },
      contentTypes: ['application/json', 'application/x-www-form-urlencoded'],
    },
    [
      'input/form-field body.properties.a.type',
      'input/form-field body.properties.b.items.type',
      'input/form-field body.properties.c.items.type',
    ],
  ],
  [
    'refuses a form that is no object',
    { body: { type: 'array', items: { type: 'string' } }, contentTypes: ['multipart/form-data'] },
    ['input/form-field body.type'],
  ],
  ['refuses files that are never read', { body: 'any', files: { photo: {} } }, ['input/files files key']],
  [
    'refuses files in another type than can hold them',
    { files: { photo: {} }, contentTypes: ['multipart/form-data', 'application/json', 'image/png'] },
    ['input/files contentTypes.1', 'input/content-type contentTypes.2'],
  ],
  [
    'refuses a file that is a text as well, or holds others',
    {
      body: { type: 'object', properties: { photo: { type: 'string' } } },
      files: { photo: { contentTypes: ['image/png', 'multipart/mixed'] } },
    },
    ['input/files files.photo key', 'input/files files.photo.contentTypes.1'],
  ],
  [
    'refuses names that no field has',
    { files: { 'a"b': {}, '': {}, ' a': {} } },
    ['input/invalid-name files.a"b key', 'input/invalid-name files. key', 'input/invalid-name files. a key'],
  ],
  [
    'leaves references in files for later',
    { files: { photo: { maxBytes: '${value:SIZE}' } }, contentTypes: ['${value:TYPE}'], maxBytes: '1kb' },
    [],
  ],
  [
    'refuses keys that mean nothing without a body',
    { bodyRequired: false, contentTypes: ['a/b'], maxBytes: '1kb' },
    ['input/without-body bodyRequired key', 'input/without-body contentTypes key', 'input/without-body maxBytes key'],
  ],
  [
    'leaves references for later',
    { query: { n: { type: 'integer', maximum: '${value:MAX}' } }, body: '${value:BODY}' },
    [],
  ],
]

for (const [title, block, faults] of cases) {
  test(title, (t) => t.deepEqual(faultsOf(block, { path: '/orders/:id', params: ['id'] }), faults))
}

test('refuses a body on GET and HEAD', (t) => {
  const block = { body: { type: 'object' } }
  t.deepEqual(faultsOf(block, { method: 'GET' }), ['input/body-on-get body key'])
  t.deepEqual(faultsOf(block, { method: 'HEAD' }), ['input/body-on-get body key'])
  t.deepEqual(faultsOf(block, { method: 'ANY' }), [])
  t.deepEqual(faultsOf({ files: { photo: {} } }, { method: 'GET' }), ['input/body-on-get files key'])
  t.deepEqual(faultsOf({ body: 'any' }, { method: 'GET' }), [])
})

test('asks what was meant', (t) => {
  const hintOf = (block: Block) => input.check?.(block, siteOf({ params: ['order'] }))[0]?.hint
  t.is(hintOf({ params: { oder: { type: 'string' } } }), 'did you mean `order`?')
  t.is(hintOf({ body: { type: 'string', maxLenght: 5 } } as Block), 'did you mean `maxLength`?')
})

test('every rule that a finding names is told in the reference', (t) => {
  const found = cases.flatMap(([, , faults]) => faults.map((fault) => fault.split(' ')[0] ?? ''))
  for (const rule of found) t.true(Object.hasOwn(input.rules ?? {}, rule), rule)
})
