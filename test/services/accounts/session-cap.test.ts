/** How many sessions of an account are kept, on both databases: logins without end do not fill the store. */

import type { RefreshRules } from '../../../src/services/accounts/refresh/refresh-rules.ts'
import type { Begun } from '../../../src/services/accounts/refresh/sessions.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { onBoth, open, settingsOf, usePostgres } from './stores.ts'

usePostgres()

const rules: RefreshRules = { idle: 86_400_000, absolute: 86_400_000, grace: 5_000 }
const most = 100

onBoth('of an account the sessions that were used last go on, and so do those of others', async (t, kind) => {
  const { store, clock, url } = await open(t, kind)
  const [alice, bob] = [
    await store.accounts.create({ username: 'alice' }),
    await store.accounts.create({ username: 'bob' }),
  ]
  if (alice === undefined || bob === undefined) throw new Error('no account')
  const begin = async (account = alice): Promise<Begun> => {
    clock.pass(1)
    const begun = await store.sessions.begin({ account, client: 'web', scopes: [], details: {}, rules })
    if (begun === undefined) throw new Error('no session')
    return begun
  }
  const other = await begin(bob)
  const begun: Begun[] = []
  while (begun.length < most) begun.push(await begin())
  t.deepEqual(
    begun.flatMap(({ ended }) => ended),
    [],
  )
  const [first, second, third] = begun
  const rotated = await store.sessions.rotate(first?.token ?? '', { client: 'web', rules })
  t.true('token' in rotated)
  t.deepEqual((await begin()).ended, [second?.session.id])
  t.deepEqual((await begin()).ended, [third?.session.id])
  t.like(await store.sessions.rotate(second?.token ?? '', { client: 'web', rules }), { reason: 'unknown' })
  const live = await store.sessions.list(alice.id)
  t.is(live.length, most)
  t.true(live.some(({ id }) => id === first?.session.id))
  t.like(await store.sessions.list(bob.id), [{ id: other.session.id }])
  for (let round = 0; round < 2; round++) {
    await store.sessions.endAll(alice.id, 'logout')
    for (let login = 0; login < most + 5; login++) await begin()
  }
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  const [count] = await database.query<{ families: number; tokens: number }>(
    `select (select count(*) from portcullis_refresh_families) as families,
     (select count(*) from portcullis_refresh_tokens) as tokens`,
  )
  t.deepEqual({ ...count }, { families: 2 * most + 1, tokens: 2 * most + 1 })
})

onBoth('logins at once on two nodes leave no more than there may be', async (t, kind) => {
  const { store, clock, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring, clock })
  const account = await store.accounts.create({ username: 'alice' })
  if (account === undefined) throw new Error('no account')
  const given = { account, client: 'web', scopes: [], details: {}, rules }
  await Promise.all(Array.from({ length: most }, () => store.sessions.begin(given)))
  const nodes = [store, other.store]
  const begun = await Promise.all(Array.from({ length: 30 }, (_, at) => nodes[at % 2]?.sessions.begin(given)))
  t.is(new Set(begun.flatMap((each) => each?.ended ?? [])).size, 30)
  t.is((await store.sessions.list(account.id)).length, most)
})
