/** Two who want one name or address at once, on both databases: the second is told what it would be told later. */

import type { ExecutionContext } from 'ava'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { until } from '../../helpers/until.ts'
import { type Kind, onBoth, open, settingsOf, usePostgres } from './stores.ts'

usePostgres()

const operator = { user: 'root', host: 'web1' }
const email = 'shop@example.org'
const fault = new Error('of the first')

/** `second` asks for it while another process gives it to bob; `isKept` says whether that is committed in the end. */
async function openRace(t: ExecutionContext, kind: Kind) {
  const { store, url } = await open(t, kind)
  const [alice, bob] = [
    await store.accounts.create({ username: 'alice' }),
    await store.accounts.create({ username: 'bob' }),
  ]
  if (alice === undefined || bob === undefined) throw new Error('no account')
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  const [index = null] = [store.imports.index('email', email)]
  const isWaiting = async () => {
    const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    return (await database.query(waiting)).length > 0
  }
  const second = async <T>(wish: () => Promise<T>, { isKept = true } = {}): Promise<T> => {
    let wished: Promise<T> | undefined
    const first = database.transact(async (statements) => {
      const sql = 'update portcullis_accounts set email_index = $1, username_index = $2 where id = $3'
      await statements.query(sql, [index, store.imports.index('username', 'carol') ?? null, bob.id])
      wished = wish()
      wished.catch(() => {})
      if (kind === 'postgres') await until(isWaiting)
      if (!isKept) throw fault
    })
    if (isKept) await first
    else t.is(await t.throwsAsync(first), fault)
    return wished as Promise<T>
  }
  return { store, alice, second }
}

onBoth('an address that another command takes just now is taken, and nothing is changed', async (t, kind) => {
  const { store, alice, second } = await openRace(t, kind)
  const by = { operator, revoked: () => [] }
  t.is(await second(() => store.change({ account: alice.id, changes: { email, roles: ['admin'] }, by })), 'email')
  t.deepEqual(await store.accounts.find(alice.id), alice)
  t.is((await store.outbox.deliver(async () => true)).count, 0, 'nothing is on record')
})

onBoth('an address that another command gives back is had', async (t, kind) => {
  const { store, alice, second } = await openRace(t, kind)
  const changed = await second(() => store.change({ account: alice.id, changes: { email } }), { isKept: false })
  t.like(changed, { account: { id: alice.id, email } })
})

onBoth('a name or an address that is taken just now makes no account, alone or among others', async (t, kind) => {
  for (const wish of [{ username: 'carol' }, { username: 'dave', email }]) {
    const { store, second } = await openRace(t, kind)
    t.is(await second(() => store.accounts.create(wish)), undefined)
    const others = await openRace(t, kind)
    const all = [{ username: 'erin' }, wish]
    const act = { event: 'account.imported', operator, details: {} } as const
    t.deepEqual(await others.second(() => others.store.imports.insert(all, act)), [1])
    t.is(await others.store.accounts.findByUsername('erin'), undefined)
  }
})
