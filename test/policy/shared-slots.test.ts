/** `concurrency.shared`: it is warned of where each node counts for itself, and nowhere else. */

import test from 'ava'
import { findingsOf } from './folder.ts'

const policyOf = (settings: string, block = '{ max: 2, shared: true }') =>
  `${settings}\nroutes:\n  GET /: { authenticate: public, concurrency: ${block}, builtin: health }\n`

/** Of its place in the file. */
const warning = '3:57 concurrency/unshared-state'

test('is warned of without a state that nodes share', (t) => {
  for (const settings of [
    '',
    'settings: {}',
    'settings: { state: memory }',
    'settings: { listen: { port: 8080 } }',
    `settings: { state: '\${env:STATE:-memory}' }`,
  ])
    t.deepEqual(findingsOf(t, policyOf(settings)), [warning], settings)
})

test('is fine with Redis, and where that is not known before the server opens', (t) => {
  for (const state of ['rediss://redis.internal', '{ url: rediss://redis.internal }', "'${env:STATE}'"])
    t.deepEqual(findingsOf(t, policyOf(`settings: { state: ${state} }`)), [], state)
})

test('is not judged beside settings with faults of their own', (t) => {
  t.deepEqual(findingsOf(t, policyOf('settings: { stat: memory }')), ['1:13 policy/unknown-key'])
})

test('blocks of one node are fine without', (t) => {
  for (const block of ['{ max: 2 }', '{ max: 2, shared: false }']) t.deepEqual(findingsOf(t, policyOf('', block)), [])
})
