/** Which routes a document shows, by the hosts that they answer. */

import type { ExecutionContext } from 'ava'
import test from 'ava'
import { check } from '../../../src/policy/check.ts'
import { load } from '../../../src/policy/load.ts'
import { openApiDocument } from '../../../src/policy/openapi/document.ts'
import { documentsOf } from '../../../src/policy/openapi/documents.ts'
import { rivalHosts } from '../../../src/policy/openapi/select.ts'
import { parse } from '../../../src/policy/parse.ts'
import { folderOf } from '../folder.ts'
import { at, operationsOf, validate } from './reading.ts'

const files = {
  'a.yaml': `host: a.shop.example
defaults: { authenticate: public }
routes:
  ANY /x: { summary: x of a, reply: {} }
  GET /a: { reply: {} }
`,
  'wild.yaml': `host: '*.shop.example'
defaults: { authenticate: public }
routes:
  GET /x: { summary: x of any, reply: {} }
  GET /wild: { reply: {} }
  GET /openapi.json: { builtin: openapi, document: false }
`,
  'all.yaml': `defaults: { authenticate: public }
routes:
  GET /x: { summary: x of all, reply: {} }
  POST /all: { reply: {} }
`,
}

function policyOfFiles(t: ExecutionContext, of: Readonly<Record<string, string>>) {
  const { policy } = parse(load(folderOf(t, of)))
  t.deepEqual(
    check(policy).filter(({ severity }) => severity === 'error'),
    [],
  )
  return policy
}

const names = (document: unknown) =>
  operationsOf(document)
    .map(([name]) => name)
    .toSorted()

test('shows a host what it answers, by the route that answers it', async (t) => {
  const documents = documentsOf(policyOfFiles(t, files))
  const shown = (host: string) => JSON.parse(documents.text(host))
  await validate(t, shown('a.shop.example'))
  t.deepEqual(names(shown('a.shop.example')), [
    'delete /x',
    'get /a',
    'get /wild',
    'get /x',
    'patch /x',
    'post /all',
    'post /x',
    'put /x',
  ])
  t.is(at(shown('a.shop.example'), 'paths', '/x', 'get', 'summary'), 'x of a')
  t.deepEqual(names(shown('b.shop.example')), ['get /wild', 'get /x', 'post /all'])
  t.is(at(shown('b.shop.example'), 'paths', '/x', 'get', 'summary'), 'x of any')
  t.deepEqual(names(shown('other.test')), ['get /x', 'post /all'])
  t.is(at(shown('other.test'), 'paths', '/x', 'get', 'summary'), 'x of all')
  t.is(at(shown('a.shop.example'), 'paths', '/a', 'get', 'servers'), undefined)
})

test('shows hosts that are answered alike the same document', (t) => {
  const documents = documentsOf(policyOfFiles(t, files))
  t.is(documents.text('b.shop.example'), documents.text('c.shop.example'))
  t.not(documents.text('b.shop.example'), documents.text('b.c.shop.example'))
})

test('finds the document of a host', (t) => {
  const documents = documentsOf(policyOfFiles(t, files))
  t.is(documents.path('b.shop.example'), '/openapi.json')
  t.is(documents.path('a.shop.example'), '/openapi.json')
  t.is(documents.path('other.test'), undefined)
})

test('names the hosts of each route where it shows several', async (t) => {
  const { 'all.yaml': _, ...others } = files
  const document = JSON.parse(JSON.stringify(openApiDocument(policyOfFiles(t, { 'a.yaml': files['a.yaml'] }))))
  t.deepEqual(at(document, 'paths', '/a', 'get', 'servers'), [{ url: 'https://a.shop.example' }])
  const wild = JSON.parse(JSON.stringify(openApiDocument(policyOfFiles(t, { 'wild.yaml': files['wild.yaml'] }))))
  await validate(t, wild)
  t.deepEqual(at(wild, 'paths', '/wild', 'get', 'servers'), [
    { url: 'https://{subdomain}.shop.example', variables: { subdomain: { default: 'www' } } },
  ])
  t.deepEqual(rivalHosts(policyOfFiles(t, others).routes), ['*.shop.example', 'a.shop.example'])
  t.deepEqual(rivalHosts(policyOfFiles(t, { 'a.yaml': files['a.yaml'] }).routes), [])
})
