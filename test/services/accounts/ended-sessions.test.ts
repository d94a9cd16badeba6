/** What revokes the tokens of sessions that have ended, on both databases: one row a session, in the transaction that ends it. */

import type { ExecutionContext } from 'ava'
import type { Begun } from '../../../src/services/accounts/refresh/sessions.ts'
import { sessionEntry } from '../../../src/services/revocation/entry.ts'
import { type Kind, onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const rules = { idle: 86_400_000, absolute: 86_400_000, grace: 5_000 }

async function openAlice(t: ExecutionContext, kind: Kind) {
  const { store, clock } = await open(t, kind)
  const account = await store.accounts.create({ username: 'alice' })
  if (account === undefined) throw new Error('no account')
  const entryOf = (id: string) =>
    sessionEntry('urn:portcullis:shop', id, { now: clock.now(), until: clock.now() + 1_000 })
  const revoked = (sessions: readonly string[]) => sessions.map(entryOf)
  const begin = async (): Promise<Begun> => {
    clock.pass(1)
    const begun = await store.sessions.begin({ account, client: 'web', scopes: [], details: {}, rules, revoked })
    if (begun === undefined) throw new Error('no session')
    return begun
  }
  const keysOf = (sessions: readonly string[]) => sessions.map((id) => entryOf(id).key).toSorted()
  const keptKeys = async () => (await store.revocations.readOn(0)).entries.map(({ key }) => key).toSorted()
  return { store, account, revoked, begin, keysOf, keptKeys }
}

onBoth('however often a session is ended, one row says so', async (t, kind) => {
  const { store, account, revoked, begin, keysOf, keptKeys } = await openAlice(t, kind)
  const { id } = (await begin()).session
  const ends = Array.from({ length: 20 }, () => store.sessions.end({ id, account: account.id }, 'logout', revoked))
  t.is((await Promise.all(ends)).filter(Boolean).length, 1)
  t.deepEqual(await keptKeys(), keysOf([id]))
  t.is((await store.revocations.readOn(0)).place, 1)
  await Promise.all(Array.from({ length: 20 }, () => store.revocations.keep(revoked([id]))))
  t.deepEqual(await keptKeys(), keysOf([id]))
  t.false(await store.sessions.end({ id: 'nobody', account: account.id }, 'logout', revoked))
  t.deepEqual(await store.sessions.endAll(account.id, 'logout', { revoked }), [])
  t.is((await store.revocations.readOn(0)).place, 21)
})

onBoth('a login too many, a token used twice and the end of all revoke what they end, and no more', async (t, kind) => {
  const { store, account, revoked, begin, keysOf, keptKeys } = await openAlice(t, kind)
  const begun: Begun[] = []
  while (begun.length < 101) begun.push(await begin())
  const [crowded, , reused] = begun.map(({ session }) => session.id)
  t.deepEqual(await keptKeys(), keysOf([crowded ?? '']))
  const use = (token: string) => store.sessions.rotate(token, { client: 'web', rules, revoked })
  const first = begun[2]?.token ?? ''
  const second = await use(first)
  if ('reason' in second) throw new Error(second.reason)
  await use(second.token)
  for (let time = 0; time < 3; time++) await use(first)
  t.deepEqual(await keptKeys(), keysOf([crowded ?? '', reused ?? '']))
  const last = begun.at(-1)?.session.id ?? ''
  const proved = await store.accounts.find(account.id)
  const ended = proved && (await store.accounts.setPassword(proved, 'hash', { session: last, revoked }))
  t.is(ended?.length, 98)
  t.deepEqual(await keptKeys(), keysOf(begun.slice(0, -1).map(({ session }) => session.id)))
  t.deepEqual(await store.sessions.endAll(account.id, 'logout', { revoked }), [last])
  t.deepEqual(await keptKeys(), keysOf(begun.map(({ session }) => session.id)))
})

onBoth(
  'another password by an operator unlocks, ends every session, and proves no login that was under way',
  async (t, kind) => {
    const { store, account, revoked, begin, keysOf, keptKeys } = await openAlice(t, kind)
    const begun = [await begin(), await begin()]
    const attempt = { username: 'alice', address: '192.0.2.1' }
    for (let failure = 0; failure < 8; failure++) await store.failures.admit(attempt)
    t.like(await store.failures.admit(attempt), { isAdmitted: false })
    const operator = { user: 'root', host: 'web1' }
    t.is(await store.setPassword({ account, hash: 'hash', operator, revoked }), 2)
    t.like(await store.failures.admit(attempt), { isAdmitted: true })
    t.deepEqual(await keptKeys(), keysOf(begun.map(({ session }) => session.id)))
    t.is(await store.sessions.begin({ account, client: 'web', scopes: [], details: {}, rules }), undefined)
    t.like(await store.accounts.find(account.id), {
      passwordHash: 'hash',
      passwordVersion: account.passwordVersion + 1,
    })
    const nobody = { id: 'nobody', username: 'nobody' }
    t.is(await store.setPassword({ account: nobody, hash: 'hash', operator, revoked }), undefined)
    const events: string[] = []
    await store.outbox.deliver(async ({ event }) => events.push(event) > 0)
    t.deepEqual(events, ['account.password'])
  },
)

onBoth('more than one statement takes are written in order', async (t, kind) => {
  const { store, revoked, keysOf } = await openAlice(t, kind)
  const ids = Array.from({ length: 250 }, (_, at) => `session${at}`)
  await store.revocations.keep(revoked(ids))
  const { entries, place } = await store.revocations.readOn(0)
  t.is(place, 250)
  t.deepEqual(
    entries.map(({ key }) => key),
    ids.flatMap((id) => keysOf([id])),
  )
})

onBoth('a session that cannot be revoked has not ended', async (t, kind) => {
  const { store, account, begin, keptKeys } = await openAlice(t, kind)
  const { session } = await begin()
  const revoked = () => {
    throw new Error('no')
  }
  await t.throwsAsync(() => store.sessions.end(session, 'logout', revoked), { message: 'no' })
  await t.throwsAsync(() => store.sessions.endAll(account.id, 'logout', { revoked }), { message: 'no' })
  t.like(await store.sessions.find(session.id), { id: session.id })
  t.deepEqual(await keptKeys(), [])
})
