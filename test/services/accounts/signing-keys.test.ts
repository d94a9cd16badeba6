/** Signing keys, on both databases: one signs at a time, whoever rotates, and however many do at once. */

import type { NewSigningKey } from '../../../src/services/accounts/signing-keys.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { onBoth, open, settingsOf, usePostgres } from './stores.ts'

usePostgres()

const keyOf = (kid: string): NewSigningKey => ({
  kid,
  algorithm: 'ES256',
  publicKey: `{"kid":"${kid}"}`,
  privateKey: `private ${kid}`,
})
const rotation = (from: string, to: string, fresh: string) => ({ from, to, fresh: keyOf(fresh) })
const begun = { current: keyOf('one'), next: keyOf('two') }

onBoth('an issuer begins with a key that signs and one that comes next, once', async (t, kind) => {
  const { store, clock, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring })
  t.deepEqual(await store.signingKeys.list('local'), [])
  const both = await Promise.all([
    store.signingKeys.begin('local', begun),
    other.store.signingKeys.begin('local', { current: keyOf('three'), next: keyOf('four') }),
  ])
  t.deepEqual([...both].sort(), [false, true])
  const keys = await store.signingKeys.list('local')
  t.deepEqual(keys.map(({ state }) => state).sort(), ['current', 'next'])
  t.like(
    keys.find(({ state }) => state === 'current'),
    { algorithm: 'ES256', issuer: 'local', signsFrom: clock.now(), signsUntil: undefined },
  )
  t.false(await store.signingKeys.begin('local', begun))
  t.deepEqual(await store.signingKeys.list('other'), [])
})

onBoth('a rotation moves every key by one, and is done once', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  await store.signingKeys.begin('local', begun)
  clock.pass(1_000)
  t.true(await store.signingKeys.rotate('local', rotation('one', 'two', 'three')))
  t.false(await store.signingKeys.rotate('local', rotation('one', 'two', 'four')))
  const states = (await store.signingKeys.list('local')).map(({ kid, state, privateKey }) => [kid, state, privateKey])
  t.deepEqual(states.sort(), [
    ['one', 'previous', 'private one'],
    ['three', 'next', 'private three'],
    ['two', 'current', 'private two'],
  ])
  const find = async (kid: string) => (await store.signingKeys.list('local')).find((key) => key.kid === kid)
  t.like(await find('one'), { signsUntil: clock.now() })
  t.like(await find('two'), { signsFrom: clock.now() })
})

onBoth('20 rotations at once, over two nodes, rotate once', async (t, kind) => {
  const { store, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring })
  await store.signingKeys.begin('local', begun)
  const rotations = Array.from({ length: 20 }, (_, at) =>
    (at % 2 ? store : other.store).signingKeys.rotate('local', rotation('one', 'two', `fresh${at}`), 'age'),
  )
  t.is((await Promise.all(rotations)).filter(Boolean).length, 1)
  const states = (await store.signingKeys.list('local')).map(({ state }) => state)
  t.deepEqual(states.sort(), ['current', 'next', 'previous'])
  const acts: unknown[] = []
  await store.outbox.deliver(async (act) => acts.push(act) > 0)
  const details = { issuer: 'local', from: 'one', to: 'two', because: 'age' }
  t.is(acts.length, 1)
  t.like(acts, [{ event: 'key.rotated', operator: undefined, details }])
})

onBoth('a key goes when no token of it is about', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  await store.signingKeys.begin('local', begun)
  await store.signingKeys.rotate('local', rotation('one', 'two', 'three'))
  t.deepEqual(await store.signingKeys.retire('local', clock.now()), [])
  t.deepEqual(await store.signingKeys.retire('other', clock.now() + 1), [])
  t.deepEqual(await store.signingKeys.retire('local', clock.now() + 1), ['one'])
})

onBoth('a key that is revoked goes at once, and another one is in its place', async (t, kind) => {
  const { store } = await open(t, kind)
  const { signingKeys } = store
  const states = async () => (await signingKeys.describe('local')).map(({ kid, state }) => `${kid} ${state}`).sort()
  await signingKeys.begin('local', begun)
  await signingKeys.rotate('local', rotation('one', 'two', 'three'))
  const revoke = (issuer: string, kid: string, fresh: string) =>
    signingKeys.revoke(issuer, { from: kid, fresh: keyOf(fresh) })
  t.is(await revoke('other', 'three', 'four'), undefined)
  t.is(await revoke('local', 'nobody', 'four'), undefined)
  t.is(await revoke('local', 'one', 'four'), 'previous')
  t.deepEqual(await states(), ['three next', 'two current'])
  t.is(await revoke('local', 'three', 'four'), 'next')
  t.deepEqual(await states(), ['four next', 'two current'])
  t.is(await revoke('local', 'two', 'five'), 'current')
  t.deepEqual(await states(), ['five next', 'four current'])
})

onBoth('20 who revoke the key that signs, over two nodes, do it once', async (t, kind) => {
  const { store, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring })
  await store.signingKeys.begin('local', begun)
  const done = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? store : other.store).signingKeys.revoke('local', { from: 'one', fresh: keyOf(`fresh${at}`) }),
    ),
  )
  t.deepEqual(done.filter(Boolean), ['current'])
  const states = (await store.signingKeys.list('local')).map(({ state }) => state)
  t.deepEqual(states.sort(), ['current', 'next'])
})

onBoth('another key comes next in place of one that never signed', async (t, kind) => {
  const { store } = await open(t, kind)
  const { signingKeys } = store
  await signingKeys.begin('local', begun)
  t.false(await signingKeys.replaceNext('local', { from: 'one', fresh: keyOf('three') }))
  t.true(await signingKeys.replaceNext('local', { from: 'two', fresh: keyOf('three') }))
  t.false(await signingKeys.rotate('local', rotation('one', 'two', 'four')), 'what was next is gone')
  t.true(await signingKeys.rotate('local', rotation('one', 'three', 'four')))
})

onBoth('keys whose field key is not there are shown, and are not opened', async (t, kind) => {
  const { store, url } = await open(t, kind)
  await store.signingKeys.begin('local', begun)
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  await database.query(`update portcullis_signing_keys set private_key = 'v1.stranger.AAAA' where kid = 'two'`)
  await t.throwsAsync(store.signingKeys.list('local'), { name: 'FieldFault', message: /row `two`/ })
  t.is((await store.signingKeys.describe('local')).length, 2)
})

onBoth('issuers have keys of their own', async (t, kind) => {
  const { store } = await open(t, kind)
  t.true(await store.signingKeys.begin('local', begun))
  t.true(await store.signingKeys.begin('staff', { current: keyOf('five'), next: keyOf('six') }))
  t.false(await store.signingKeys.rotate('staff', rotation('one', 'six', 'seven')))
  t.true(await store.signingKeys.rotate('staff', rotation('five', 'six', 'seven')))
  t.is((await store.signingKeys.list('local')).length, 2)
  t.is((await store.signingKeys.list('staff')).length, 3)
})
