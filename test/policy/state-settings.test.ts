/** `settings.state`: what is found wrong with it, and what the server gets of it. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readSettings } from '../../src/policy/settings.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { findingsOf, folderOf, policyOf } from './folder.ts'

const routes = 'routes:\n  GET /: { authenticate: public, builtin: health }\n'
const found = (t: ExecutionContext, state: string) => findingsOf(t, `settings:\n  state: ${state}\n${routes}`)
const read = (t: ExecutionContext, state: string) =>
  readSettings(policyOf(t, `settings:\n  state: ${state}\n${routes}`).settings[0]?.value).state

test('is in this process unless told', (t) => {
  t.is(readSettings().state, undefined)
  t.is(read(t, 'memory'), undefined)
})

test('takes a url, and fills in the rest', (t) => {
  const target = {
    kind: 'server',
    isEncrypted: true,
    hosts: [{ host: 'redis.internal', port: 6379 }],
    master: '',
    username: undefined,
    password: undefined,
    database: 0,
  } as const
  const others = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, sentinel: undefined }
  t.deepEqual(read(t, 'rediss://redis.internal'), { target, ...others, prefix: 'portcullis', deadline: 50, nodes: 1 })
  t.deepEqual(
    read(
      t,
      `{ url: 'rediss+cluster://a:1,b', username: gate, prefix: shop, deadline: 1s, nodes: 4, serverName: redis }`,
    ),
    {
      target: {
        ...target,
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
        username: 'gate',
      },
      ...others,
      serverName: 'redis',
      prefix: 'shop',
      deadline: 1_000,
      nodes: 4,
    },
  )
  t.like(read(t, "{ url: 'redis+sentinel://localhost/one', sentinel: { username: watch } }"), {
    target: { kind: 'sentinel', master: 'one', hosts: [{ host: 'localhost', port: 26_379 }] },
    sentinel: { username: 'watch', password: undefined },
  })
})

test('is refused where it leads nowhere', (t) => {
  for (const state of ['none', 'http://redis.internal', 'rediss://a,b', 'rediss+sentinel://a', 'rediss://a:0', "''"])
    t.is(found(t, state).length, 1, state)
  t.deepEqual(found(t, 'redis.internal:6379'), ['2:10 settings/invalid-state'])
  t.deepEqual(found(t, "{ url: 'rediss+cluster://a/1' }"), ['2:17 settings/invalid-state'])
  t.deepEqual(found(t, '{ prefix: shop }'), ['2:3 policy/missing-key'])
  t.deepEqual(found(t, '{ url: rediss://a, prefix: "a b" }').length, 1)
  t.deepEqual(found(t, '{ url: rediss://a, nodes: 0 }').length, 1)
})

test('goes to another machine encrypted, or says why not', (t) => {
  t.deepEqual(found(t, 'redis://redis.internal'), ['2:10 settings/plain-state'])
  t.deepEqual(found(t, "{ url: 'redis+cluster://127.0.0.1,10.0.0.7' }"), ['2:17 settings/plain-state'])
  t.deepEqual(found(t, '{ url: redis://redis.internal, insecurePlain: an encrypted tunnel }'), [
    '2:17 settings/insecure-plain',
  ])
  for (const state of ['redis://127.0.0.1', 'redis://localhost:7000/2', "'redis://[::1]'"])
    t.deepEqual(found(t, state), [], state)
})

test('holds no password in clear, wherever it may stand', (t) => {
  const plain = (column: number) => [`2:${column} settings/plain-secret`]
  t.deepEqual(found(t, 'rediss://gate:sesame@redis.internal'), plain(10))
  t.deepEqual(found(t, "{ url: 'rediss+cluster://:sesame@a,b' }"), plain(17))
  t.deepEqual(found(t, '{ url: rediss://a, password: sesame }'), plain(39))
  t.deepEqual(found(t, "{ url: 'rediss+sentinel://a/one', sentinel: { password: sesame } }"), plain(66))
  t.deepEqual(found(t, "'rediss://gate:${secret:redis}@redis.internal'"), [])
  t.deepEqual(found(t, "'${secret:redis}'"), [])
  t.deepEqual(found(t, "{ url: rediss://a, password: '${secret:redis}' }"), [])
})

test('wants deadlines that can be held', (t) => {
  for (const deadline of ['4ms', '6s', '1h'])
    t.deepEqual(found(t, `{ url: rediss://a, deadline: ${deadline} }`), ['2:39 settings/state-deadline'], deadline)
  for (const deadline of ['5ms', '5s']) t.deepEqual(found(t, `{ url: rediss://a, deadline: ${deadline} }`), [])
})

test('names what nobody looks at', (t) => {
  t.deepEqual(found(t, '{ url: redis://127.0.0.1, serverName: redis }'), ['2:36 settings/state-unused'])
  t.deepEqual(found(t, '{ url: rediss://a, sentinel: { username: watch } }'), ['2:29 settings/state-unused'])
})

test('takes certificates that are some', (t) => {
  const folder = folderOf(t, { 'shop.yaml': `settings:\n  state: { url: rediss://a, ca: "none" }\n${routes}` })
  writeFileSync(join(folder, 'ca.crt'), makeCertificates().ca)
  t.deepEqual(found(t, '{ url: rediss://a, ca: none }'), ['2:33 settings/state-certificate'])
})
