/** Every finding points at the token that it is about, however the YAML is written. */

import test, { type ExecutionContext } from 'ava'
import { diagnose } from '../../src/policy/inspect.ts'
import { findingsOf, folderOf } from './folder.ts'

/** The text that each finding of a file marks, as far as it stands on one line. */
function marked(t: ExecutionContext, text: string): readonly string[] {
  const lines = text.split(/\r?\n/)
  return diagnose(folderOf(t, { 'shop.yaml': text })).map(({ line, column, endLine, endColumn }) =>
    (lines[line - 1] ?? '').slice(column - 1, endLine === line ? endColumn - 1 : undefined),
  )
}

test('flow and block, quoted and plain: the value itself', (t) => {
  t.deepEqual(marked(t, 'routes:\n  GET /a:\n    authenticate: "publik"\n    builtin: \'helth\'\n'), [
    '"publik"',
    "'helth'",
  ])
  t.deepEqual(marked(t, 'routes: { GET /a: { authenticate: publik, builtin: helth } }\n'), ['publik', 'helth'])
})

test('a block of several lines is marked at its key, a key that is left empty too', (t) => {
  t.deepEqual(
    marked(
      t,
      'roles:\n  clerk:\n    can: read\n    subject: Order\nroutes:\n  GET /a: { authenticate: public, builtin: health }\n',
    ),
    ['clerk'],
  )
  t.deepEqual(
    marked(
      t,
      'routes:\n  GET /a: { authenticate: public, builtin: health }\n  GET /b:\n    authenticate: public\n    cors:\n    builtin: health\n',
    ),
    ['cors'],
  )
})

test('through an alias: where the value stands', (t) => {
  const text = `defaults: { authenticate: public }
routes:
  GET /a: { timeout: &slow { head: 30d }, builtin: health }
  GET /b: { timeout: *slow, builtin: health }
`
  t.deepEqual(findingsOf(t, text), ['3:36 timeout/too-long'])
})

test('what several routes inherit is told once', (t) => {
  const routes = Array.from({ length: 50 }, (_, index) => `  GET /r${index}: { builtin: health }\n`).join('')
  t.deepEqual(findingsOf(t, `defaults: { authenticate: public, timeout: 30d }\nroutes:\n${routes}`), [
    '1:44 timeout/too-long',
  ])
})

test('findings are sorted by file, line and column', (t) => {
  const broken = 'routes:\n  GET /a: { builtin: helth, authenticate: publik }\n  GTE /b: {}\n'
  const found = diagnose(folderOf(t, { 'b.yaml': broken, 'a.yaml': broken, 'a/c.yaml': broken }))
  const places = found.map(({ file, line, column }) => [file, line, column] as const)
  const sorted = [...places].sort(([a, b, c], [d, e, f]) => (a < d ? -1 : a > d ? 1 : b - e || c - f))
  t.deepEqual(places, sorted)
  t.is(new Set(places.map(([file]) => file)).size, 3)
})

test('a file that cannot be read hides no finding, and explains the names it may hold', (t) => {
  const orders = 'defaults: { use: page, authenticate: jwt }\nroutes:\n  GET /a: { builtin: helth }\n'
  const found = diagnose(folderOf(t, { 'orders.yaml': orders, 'shop.yaml': 'issuers: [\n' }))
  t.deepEqual(
    found.map(({ rule }) => rule),
    ['policy/wrong-type', 'yaml/syntax'],
  )
})

test('an issuer with faults is known by its name', (t) => {
  const text = `issuers:
  shop: { builtin: true, audience: shop-api, colour: red }
routes:
  GET /a: { authenticate: { jwt: { issuers: [shop] } }, scopes: [a], builtin: health }
`
  t.deepEqual(findingsOf(t, text), ['2:46 policy/unknown-key'])
})
