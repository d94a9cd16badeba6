/** Signing keys, on both databases: one signs at a time, whoever rotates, and however many do at once. */

import type { NewSigningKey } from '../../../src/services/accounts/signing-keys.ts'
import { onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const keyOf = (kid: string): NewSigningKey => ({
  kid,
  algorithm: 'ES256',
  publicKey: `{"kid":"${kid}"}`,
  privateKey: `private ${kid}`,
})
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
  t.true(await store.signingKeys.rotate('local', 'one', keyOf('three')))
  t.false(await store.signingKeys.rotate('local', 'one', keyOf('four')))
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
    (at % 2 ? store : other.store).signingKeys.rotate('local', 'one', keyOf(`fresh${at}`)),
  )
  t.is((await Promise.all(rotations)).filter(Boolean).length, 1)
  const states = (await store.signingKeys.list('local')).map(({ state }) => state)
  t.deepEqual(states.sort(), ['current', 'next', 'previous'])
})

onBoth('a key goes when no token of it is about, or at once unless it signs', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  await store.signingKeys.begin('local', begun)
  await store.signingKeys.rotate('local', 'one', keyOf('three'))
  t.deepEqual(await store.signingKeys.retire('local', clock.now()), [])
  t.deepEqual(await store.signingKeys.retire('other', clock.now() + 1), [])
  t.deepEqual(await store.signingKeys.retire('local', clock.now() + 1), ['one'])
  t.false(await store.signingKeys.revoke('local', 'two'))
  t.false(await store.signingKeys.revoke('other', 'three'))
  t.true(await store.signingKeys.revoke('local', 'three'))
  // With none that comes next, the fresh one signs at once.
  t.true(await store.signingKeys.rotate('local', 'two', keyOf('four')))
  t.like(await store.signingKeys.list('local'), { length: 2 })
  t.is((await store.signingKeys.list('local')).find(({ state }) => state === 'current')?.kid, 'four')
})

onBoth('issuers have keys of their own', async (t, kind) => {
  const { store } = await open(t, kind)
  t.true(await store.signingKeys.begin('local', begun))
  t.true(await store.signingKeys.begin('staff', { current: keyOf('five'), next: keyOf('six') }))
  t.false(await store.signingKeys.rotate('staff', 'one', keyOf('seven')))
  t.true(await store.signingKeys.rotate('staff', 'five', keyOf('seven')))
  t.is((await store.signingKeys.list('local')).length, 2)
  t.is((await store.signingKeys.list('staff')).length, 3)
})
