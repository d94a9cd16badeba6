/** Accounts that are changed or removed, on both databases: what it revokes, what ends, and what nobody inherits. */

import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import type { AccountStore } from '../../../src/services/accounts/account-store.ts'
import type { KeptAct } from '../../../src/services/accounts/outbox/act.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { grantsEntry, sessionEntry, userEntry } from '../../../src/services/revocation/entry.ts'
import { until } from '../../helpers/until.ts'
import { type Kind, onBoth, open, settingsOf, usePostgres } from './stores.ts'

usePostgres()

const issuer = 'urn:portcullis:shop'
const operator = { user: 'root', host: 'web1' }
const rules = { idle: 86_400_000, absolute: 86_400_000, grace: 5_000 }
const given = {
  username: 'Alice',
  email: 'alice@example.org',
  passwordHash: '$2b$12$hash',
  claims: { plan: 'pro', tenant: { id: 7 } },
  roles: ['customer', 'tester'],
  scopes: ['orders:read', 'orders:write'],
}

async function openShop(t: ExecutionContext, kind: Kind) {
  const opened = await open(t, kind)
  const account = await opened.store.accounts.create(given)
  if (account === undefined) throw new Error('no account')
  const times = { now: opened.clock.now(), until: opened.clock.now() + 600_000 }
  const by = {
    operator,
    revoked: (version: number) => [grantsEntry(issuer, account.id, { ...times, version })],
  }
  const begin = () => opened.store.sessions.begin({ account, client: 'web', scopes: [], details: {}, rules })
  return { ...opened, account, by, times, begin }
}

async function acts({ outbox }: AccountStore): Promise<readonly KeptAct[]> {
  const taken: KeptAct[] = []
  await outbox.deliver(async (act) => taken.push(act) > 0)
  return taken
}

const revocations = async ({ revocations }: AccountStore) => (await revocations.readOn(0)).entries

onBoth(
  'what is named is changed, and the rest stays; it is on record without addresses and values',
  async (t, kind) => {
    const { store, account, by } = await openShop(t, kind)
    const changes = {
      email: 'Alice@Example.net',
      roles: ['admin'],
      claims: { plan: 'free', tenant: undefined, level: 3 },
    }
    const changed = await store.change({ account: account.id, changes, by })
    const claims = { plan: 'free', level: 3 }
    const wanted = { ...account, email: 'Alice@Example.net', roles: ['admin'], claims, grantsVersion: 2 }
    t.deepEqual(changed, { before: account, account: wanted })
    t.deepEqual(await store.accounts.find(account.id), wanted)
    t.is((await store.accounts.findByEmail('alice@example.net'))?.id, account.id)
    t.is(await store.accounts.findByEmail(given.email), undefined)
    const [act, ...others] = await acts(store)
    const details = { account: account.id, roles: ['admin'], claims: ['plan', 'tenant', 'level'], email: 'set' }
    t.like(act, { event: 'account.changed', operator, details })
    t.deepEqual(others, [])
    t.notRegex(JSON.stringify(act), /example|free/i)
    await store.change({ account: account.id, changes: { email: null }, by })
    t.is((await store.accounts.find(account.id))?.email, undefined)
    t.truthy(await store.accounts.create({ username: 'bob', email: 'alice@example.net' }))
    t.is(await store.change({ account: 'nobody', changes, by }), undefined)
  },
)

onBoth(
  'what may be less, or is otherwise, revokes the access tokens of before, and nothing else does',
  async (t, kind) => {
    const { store, account, by } = await openShop(t, kind)
    const change = (changes: object) => store.change({ account: account.id, changes, by })
    const same = [
      {},
      { scopes: ['orders:write', 'orders:read', 'orders:delete'] },
      { roles: ['tester', 'customer'] },
      { claims: { tenant: { id: 7 } } },
      { claims: { none: undefined } },
      { email: 'other@example.org' },
    ]
    for (const changes of same) {
      await change(changes)
      t.is((await store.accounts.find(account.id))?.grantsVersion, 1, JSON.stringify(changes))
    }
    t.deepEqual(await revocations(store), [])
    t.is((await acts(store)).length, 3, 'what changes nothing is not on record')
    const others = [
      { scopes: ['orders:read'] },
      { roles: ['customer'] },
      { roles: ['customer', 'admin'] },
      { claims: { plan: 'free' } },
      { claims: { plan: undefined } },
      { claims: { level: 1 } },
    ]
    for (const [at, changes] of others.entries()) {
      await change(changes)
      t.is((await store.accounts.find(account.id))?.grantsVersion, at + 2, JSON.stringify(changes))
    }
    const expected = others.flatMap((_, at) => by.revoked(at + 1).map(({ key }) => key))
    t.deepEqual(
      (await revocations(store)).map(({ key }) => key),
      expected,
    )
  },
)

onBoth('an address that is another’s, or none, changes nothing', async (t, kind) => {
  const { store, account, by } = await openShop(t, kind)
  await store.accounts.create({ username: 'bob', email: 'bob@example.org' })
  for (const email of ['BOB@example.org', '', 'a\u0000b', 'x'.repeat(257)])
    t.is(await store.change({ account: account.id, changes: { email, roles: [] }, by }), 'email')
  t.deepEqual(await store.accounts.find(account.id), account)
  t.deepEqual(await acts(store), [])
  const again = await store.change({ account: account.id, changes: { email: 'ALICE@example.org' }, by })
  t.like(again, { account: { email: 'ALICE@example.org', grantsVersion: 1 } })
})

onBoth('two who change different things at once lose neither', async (t, kind) => {
  const { store, account, url, ring } = await openShop(t, kind)
  const other = await open(t, kind, { url, ring })
  for (let round = 0; round < 10; round++) {
    const [roles, scopes] = [[`role${round}`], [`scope${round}`]]
    const { id } = account
    await Promise.all([
      store.change({ account: id, changes: { roles } }),
      other.store.change({ account: id, changes: { scopes } }),
    ])
    t.like(await store.accounts.find(id), { roles, scopes, grantsVersion: 3 + 2 * round })
  }
})

onBoth('with an account all that belongs to it is gone, and its name inherits nothing', async (t, kind) => {
  const { store, account, times, begin } = await openShop(t, kind)
  const sessions = [await begin(), await begin()]
  const keys = { account: account.id, name: 'ci', scopes: ['orders:read'] }
  const key = await store.apiKeys.create(keys)
  const dead = await store.apiKeys.create(keys)
  await store.apiKeys.revoke(dead?.key.id ?? '')
  await store.failures.admit({ username: 'alice', address: '192.0.2.1' })
  const ids = sessions.map((session) => session?.session.id ?? '')
  const entries = [account.id, ...ids].map((id, at) =>
    at === 0 ? userEntry(issuer, id, { ...times, time: Number.MAX_SAFE_INTEGER }) : sessionEntry(issuer, id, times),
  )
  const order = { account, operator, revoked: (ended: readonly string[]) => entries.slice(0, 1 + ended.length) }
  t.deepEqual(await store.remove(order), { sessions: 2, apiKeys: 1 })
  t.is(await store.remove(order), undefined)
  t.like(await acts(store), [
    { event: 'account.removed', operator, details: { account: account.id, sessions: 2, apiKeys: 1 } },
  ])
  t.deepEqual(
    new Set((await revocations(store)).map(({ key: name }) => name)),
    new Set(entries.map(({ key: name }) => name)),
  )
  t.is(await store.accounts.find(account.id), undefined)
  t.is(await store.accounts.findByUsername('alice'), undefined)
  t.is(await store.apiKeys.find(key?.text ?? ''), undefined)
  t.deepEqual(await store.apiKeys.page({ after: undefined, limit: 10 }), [])
  for (const session of sessions) {
    t.like(await store.sessions.rotate(session?.token ?? '', { client: 'web', rules }), { reason: 'unknown' })
    t.is(await store.sessions.findByToken(session?.token ?? ''), undefined)
  }
  t.is(await begin(), undefined, 'whoever has proved its password before it went')
  const again = await store.accounts.create(given)
  t.not(again?.id, account.id)
  t.like(again, { grantsVersion: 1, disabledAt: undefined })
  t.deepEqual(await store.sessions.list(again?.id ?? ''), [])
  t.deepEqual(await store.apiKeys.list(again?.id ?? ''), [])
  t.false(await store.failures.unlock('alice'), 'failures are not inherited')
})

onBoth('whoever begins sessions and makes keys while the account goes gets none that lives', async (t, kind) => {
  const { store, account, url, ring, begin } = await openShop(t, kind)
  const other = await open(t, kind, { url, ring })
  const name = randomBytes(4).toString('hex')
  const work = Array.from({ length: 20 }, () => [
    begin(),
    store.apiKeys.create({ account: account.id, name, scopes: [] }),
  ]).flat()
  const removed = other.store.remove({ account, operator, revoked: () => [] })
  const made = (await Promise.all(work)).filter((each) => each !== undefined)
  const { sessions = 0, apiKeys = 0 } = (await removed) ?? {}
  t.is(sessions + apiKeys, made.length)
  t.deepEqual(await store.sessions.list(account.id), [])
  t.deepEqual(await store.apiKeys.list(account.id), [])
})

onBoth('who makes a key while the account is being removed waits, and gets none', async (t, kind) => {
  const { store, account, url } = await openShop(t, kind)
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  const isWaiting = async () => {
    const [row] = await database.query<{ readonly waiting: number }>(
      `select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return Number(row?.waiting) > 0
  }
  const making = await database.transact(async (statements) => {
    await statements.query('delete from portcullis_accounts where id = $1', [account.id])
    const made = store.apiKeys.create({ account: account.id, name: 'ci', scopes: [] })
    if (kind === 'postgres') await until(isWaiting)
    return { made }
  })
  t.is(await making.made, undefined)
})
