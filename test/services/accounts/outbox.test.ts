/** What commands did, on both databases: kept with the deed, handed over by one node, and again where that one was killed. */

import type { ExecutionContext } from 'ava'
import type { AccountStore } from '../../../src/services/accounts/account-store.ts'
import type { KeptAct } from '../../../src/services/accounts/outbox/act.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { userEntry } from '../../../src/services/revocation/entry.ts'
import { type Kind, onBoth, open, settingsOf, usePostgres } from './stores.ts'

usePostgres()

const operator = { user: 'root', sudo: 'ann', host: 'web1' }

/** Takes everything there is; what it gets. */
async function deliver({ outbox }: AccountStore, isKept = true): Promise<readonly KeptAct[]> {
  const acts: KeptAct[] = []
  await outbox.deliver(async (act) => {
    acts.push(act)
    return isKept
  })
  return acts
}

async function openTwo(t: ExecutionContext, kind: Kind) {
  const { store, clock, url, ring } = await open(t, kind)
  return { store, clock, url, other: (await open(t, kind, { url, ring, clock })).store }
}

onBoth('an act stands in the outbox with its deed, once, with who, when and on what', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const at = clock.now()
  const made = await store.accounts.create({ username: 'alice', roles: ['customer'] }, operator)
  t.is(await store.accounts.create({ username: 'ALICE' }, operator), undefined)
  await store.accounts.create({ username: 'by-itself' })
  clock.pass(1)
  const account = made?.id ?? ''
  const details = { account, roles: ['customer'] }
  const acts = await deliver(store)
  t.regex(acts[0]?.id ?? '', /^[0-9a-f]{32}$/)
  t.deepEqual(acts, [{ id: acts[0]?.id ?? '', at, event: 'account.added', operator, details }])
  t.false(JSON.stringify(acts).includes('alice'))
  t.deepEqual(await deliver(store), [])
  t.true(await store.accounts.disable(account, { operator, revoked: () => [] }))
  t.true(await store.accounts.enable(account, operator))
  t.false(await store.accounts.enable('nobody', operator))
  t.false(await store.accounts.disable('nobody', { operator, revoked: () => [] }))
  t.deepEqual((await deliver(store)).map(({ event }) => event).sort(), ['account.disabled', 'account.enabled'])
})

onBoth('of several nodes one hands over what there is, and all of it', async (t, kind) => {
  const { store, other } = await openTwo(t, kind)
  const names = Array.from({ length: 230 }, (_, at) => `user${at}`)
  for (const username of names) await store.accounts.create({ username }, operator)
  const taken = (await Promise.all([deliver(store), deliver(other), deliver(store), deliver(other)])).flat()
  t.is(taken.length, names.length)
  t.is(new Set(taken.map(({ id }) => id)).size, names.length)
  t.deepEqual(await deliver(other), [])
})

onBoth('what is not on record stays, and what a killed node has claimed is handed over again', async (t, kind) => {
  const { store, other, clock } = await openTwo(t, kind)
  await store.accounts.create({ username: 'alice' }, operator)
  const [refused] = await deliver(store, false)
  t.truthy(refused)
  const lost = Promise.withResolvers<KeptAct>()
  void store.outbox.deliver((act) => {
    lost.resolve(act)
    return new Promise<boolean>(() => {})
  })
  t.deepEqual(await lost.promise, refused)
  t.deepEqual(await deliver(other), [])
  t.deepEqual(await other.outbox.deliver(async () => true), { count: 0, isAll: false }, 'it comes back by time alone')
  t.false(await other.outbox.isEmpty())
  clock.pass(29_999)
  t.deepEqual(await deliver(other), [])
  clock.pass(1)
  t.deepEqual(await deliver(other), [refused])
  t.deepEqual(await other.outbox.deliver(async () => true), { count: 0, isAll: true })
  t.true(await other.outbox.isEmpty())
})

onBoth('what waits for a month, and what is revoked of tokens that are over, is taken out', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const { id = '' } = (await store.accounts.create({ username: 'alice' }, operator)) ?? {}
  const short = userEntry('urn:portcullis:shop', id, { now: clock.now(), until: clock.now() + 1_000 })
  const long = { ...short, key: 'ulong', forgetAt: short.forgetAt + 100_000 }
  await store.accounts.disable(id, { operator, revoked: () => [short, long] })
  clock.pass(short.forgetAt - clock.now())
  t.is(await store.prune(), 0)
  clock.pass(1)
  t.is(await store.prune(), 1)
  t.deepEqual(await store.revocations.readOn(0), { entries: [long], place: 2 })
  clock.pass(30 * 86_400_000)
  t.is(await store.prune(), 3)
  t.deepEqual(await deliver(store), [])
})

onBoth('an unlocked name is on record, and one that was not locked is not', async (t, kind) => {
  const { store } = await open(t, kind)
  const act = { event: 'account.unlocked', operator } as const
  t.false(await store.failures.unlock('alice', act))
  await store.failures.admit({ username: 'alice', address: '192.0.2.1' })
  t.true(await store.failures.unlock('alice', act))
  t.like(await deliver(store), [{ event: 'account.unlocked', operator }])
})

onBoth('revocations are read on in order by everybody, and all anew in another history', async (t, kind) => {
  const { store, other, clock, url } = await openTwo(t, kind)
  const { id = '' } = (await store.accounts.create({ username: 'alice' })) ?? {}
  t.deepEqual(await other.revocations.readOn(0), { entries: [], place: 0 })
  const entry = userEntry('urn:portcullis:shop', id, { now: clock.now(), until: clock.now() + 600_000 })
  await store.accounts.disable(id, { operator, revoked: () => [entry] })
  t.deepEqual(await other.revocations.readOn(0), { entries: [entry], place: 1 })
  t.deepEqual(await other.revocations.readOn(1), { entries: [], place: 1 })
  clock.pass(1_000)
  const later = userEntry('urn:portcullis:shop', id, { now: clock.now(), until: clock.now() + 1 })
  await store.accounts.disable(id, { operator, revoked: () => [later] })
  const merged = { ...later, forgetAt: entry.forgetAt }
  t.deepEqual(await other.revocations.readOn(1), { entries: [merged], place: 2 })
  t.deepEqual(await other.revocations.readOn(99), { entries: [merged], place: 2 })
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  const add = (at: number) =>
    database.transact((statements) => store.revocations.add(statements, [{ ...entry, key: `u${at}` }]))
  await Promise.all(Array.from({ length: 20 }, (_, at) => add(at)))
  const { entries, place } = await other.revocations.readOn(2)
  t.is(place, 22)
  t.is(new Set(entries.map(({ key }) => key)).size, 20)
})
