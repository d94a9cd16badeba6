/** `values` and `--values`: types kept, names declared, nothing else changed. */

import test from 'ava'
import { diagnose } from '../../src/policy/inspect.ts'
import { load } from '../../src/policy/load.ts'
import { parse } from '../../src/policy/parse.ts'
import { findingsOf, folderOf, policyOf, valuesOf } from './folder.ts'

const text = `values:
  page: https://shop.example
  perMinute: 60
  strict: true
  inside: [10.0.0.0/8]
defaults:
  authenticate: public
  cors: { origins: ['\${value:page}', '\${value:page}:8443'], credentials: '\${value:strict}' }
  network: \${value:inside}
  rateLimit: [{ by: ip, limit: '\${value:perMinute}', per: 1m }]
routes:
  GET /a: { builtin: health }
`

const blocksOf = (values?: string) => async (t: Parameters<typeof policyOf>[0]) =>
  Object.fromEntries([...(policyOf(t, text, values).routes[0]?.blocks ?? [])].map(([name, { value }]) => [name, value]))

test('a value keeps its type as a whole, and is written into a longer text', async (t) => {
  const blocks = await blocksOf()(t)
  t.deepEqual(blocks.cors, { origins: ['https://shop.example', 'https://shop.example:8443'], credentials: true })
  t.deepEqual(blocks.network, ['10.0.0.0/8'])
  t.deepEqual(blocks.rateLimit, [{ by: 'ip', limit: 60, per: '1m' }])
})

test('a values file takes the place of declared values, and of nothing else', async (t) => {
  const blocks = await blocksOf('perMinute: 5\ninside: [192.0.2.0/24, 198.51.100.7]\n')(t)
  t.deepEqual(blocks.network, ['192.0.2.0/24', '198.51.100.7'])
  t.deepEqual(blocks.rateLimit, [{ by: 'ip', limit: 5, per: '1m' }])
  t.deepEqual(findingsOf(t, text, 'other: 5\nperMinute: "5"\n'), ['1:1 values/not-declared', '2:12 values/wrong-type'])
  t.deepEqual(findingsOf(t, text, ''), [])
})

test('broken YAML in a values file is told at its place', (t) => {
  const found = diagnose(folderOf(t, { 'shop.yaml': text }), valuesOf('page: [\n'))
  t.deepEqual(
    found.map(({ file, rule }) => `${file} ${rule}`),
    ['values.yaml yaml/syntax'],
  )
})

test('values change the digest, the name of the directory does not', (t) => {
  const [one, two] = [folderOf(t, { 'shop.yaml': text }), folderOf(t, { 'shop.yaml': text })]
  const digest = (folder: string, values?: string) =>
    parse(load(folder), values === undefined ? undefined : valuesOf(values)).policy.digest
  t.is(digest(one), digest(two))
  t.not(digest(one), digest(one, 'perMinute: 5'))
  t.not(digest(one, 'perMinute: 6'), digest(one, 'perMinute: 5'))
  t.not(digest(one), digest(folderOf(t, { 'other.yaml': text })))
})

test('values named like members of Object are values', (t) => {
  const odd = `values: { __proto__: 5, constructor: 6 }
routes:
  GET /a: { authenticate: public, reply: { body: ['\${value:__proto__}', '\${value:constructor}'] } }
  GET /b: { authenticate: public, reply: { body: '\${value:toString}' } }
`
  t.deepEqual(findingsOf(t, odd), ['4:50 values/unknown'])
})
