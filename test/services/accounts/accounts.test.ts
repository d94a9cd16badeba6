/** Accounts, on both databases: names, passwords, grants, and the list of them. */

import { emptyDatabase, onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const alice = {
  username: 'Alice',
  email: 'Alice@Example.org',
  passwordHash: '$2b$12$hash',
  claims: { plan: 'pro', tenant: { id: 7 } },
  roles: ['customer'],
  scopes: ['orders:read', 'orders:write'],
}

onBoth('an account is found as it was made, by each of its names', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const made = await store.accounts.create(alice)
  t.like(made, { ...alice, createdAt: clock.now(), passwordVersion: 1, passwordChangedAt: clock.now() })
  t.is(made?.disabledAt, undefined)
  t.regex(made?.id ?? '', /^[0-9a-f]{32}$/)
  t.deepEqual(await store.accounts.find(made?.id ?? ''), made)
  t.deepEqual(await store.accounts.findByUsername('aLICE'), made)
  t.deepEqual(await store.accounts.findByUsername(' ａｌｉｃｅ '), made)
  t.deepEqual(await store.accounts.findByEmail('alice@example.ORG'), made)
  t.is(await store.accounts.findByUsername('alice@example.org'), undefined)
  t.is(await store.accounts.findByUsername('bob'), undefined)
  for (const id of ['nobody', '', '\0', '\ud800', "' or 1=1 --", 'x'.repeat(1e6)])
    t.is(await store.accounts.find(id), undefined)
})

onBoth('an account without address, password or grants has none', async (t, kind) => {
  const { store } = await open(t, kind)
  const made = await store.accounts.create({ username: 'bob' })
  t.like(made, { email: undefined, passwordHash: undefined, passwordChangedAt: undefined, claims: {}, roles: [] })
  t.deepEqual(await store.accounts.findByUsername('bob'), made)
  t.truthy(await store.accounts.create({ username: 'carol' }))
})

onBoth('a name that is taken stays with whoever has it, however it is written', async (t, kind) => {
  const { store } = await open(t, kind)
  const made = await store.accounts.create(alice)
  t.is(await store.accounts.create({ username: 'ALICE' }), undefined)
  t.is(await store.accounts.create({ username: 'other', email: 'ALICE@example.org' }), undefined)
  t.is(await store.accounts.findByUsername('other'), undefined)
  t.deepEqual(await store.accounts.findByUsername('alice'), made)
})

onBoth('what cannot be a name is none', async (t, kind) => {
  const { store } = await open(t, kind)
  for (const username of ['', '  ', 'a\u0000b', 'a\u200bb', 'a\nb', '\ud800', 'x'.repeat(257), '\u202eecila']) {
    t.is(await store.accounts.create({ username }), undefined, JSON.stringify(username))
    t.is(await store.accounts.findByUsername(username), undefined)
  }
  t.is(await store.accounts.create({ username: 'fine', email: 'a\u0000b' }), undefined)
  t.is(await store.accounts.findByEmail('a\u0000b'), undefined)
})

onBoth('of many who want one name at once, one has it', async (t, kind) => {
  const { store, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring })
  const wanted = Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other.store).accounts.create(alice))
  t.is((await Promise.all(wanted)).filter(Boolean).length, 1)
  t.is((await store.accounts.list({ limit: 50 })).accounts.length, 1)
})

onBoth('a password is replaced by a change, and by a rehash only where it is still the same', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const made = await store.accounts.create(alice)
  if (made === undefined) return t.fail()
  t.true(await store.accounts.rehash(made, '$2b$13$same'))
  const rehashed = await store.accounts.find(made.id)
  t.like(rehashed, { passwordHash: '$2b$13$same', passwordVersion: 1 })
  clock.pass(1_000)
  t.deepEqual(await store.accounts.setPassword(made, '$2b$13$changed'), [])
  t.like(await store.accounts.find(made.id), {
    passwordHash: '$2b$13$changed',
    passwordVersion: 2,
    passwordChangedAt: clock.now(),
  })
  t.false(await store.accounts.rehash(made, '$2b$14$late'))
  t.is((await store.accounts.find(made.id))?.passwordHash, '$2b$13$changed')
  t.is(await store.accounts.setPassword({ id: 'nobody', passwordVersion: 1 }, 'x'), undefined)
  t.false(await store.accounts.rehash({ id: 'nobody', passwordHash: undefined }, 'x'))
})

onBoth(
  'of changes that proved one password the first alone counts, and none of an account that is disabled',
  async (t, kind) => {
    const { store, url, ring } = await open(t, kind)
    const other = await open(t, kind, { url, ring })
    const made = await store.accounts.create(alice)
    if (made === undefined) return t.fail()
    const hashes = Array.from({ length: 10 }, (_, at) => `$2b$13$${at}`)
    const change = (hash: string, at: number) => (at % 2 ? store : other.store).accounts.setPassword(made, hash)
    const changes = await Promise.all(hashes.map(change))
    t.is(changes.filter(Boolean).length, 1)
    const changed = await store.accounts.find(made.id)
    t.like(changed, { passwordHash: hashes[changes.findIndex(Boolean)], passwordVersion: 2 })
    if (changed === undefined) return t.fail()
    await store.accounts.disable(made.id)
    t.is(await store.accounts.setPassword(changed, '$2b$13$late'), undefined)
    t.like(await store.accounts.find(made.id), { passwordHash: changed.passwordHash, passwordVersion: 2 })
  },
)

onBoth('an account is disabled since the first time, and enabled again', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const { id = '' } = (await store.accounts.create(alice)) ?? {}
  const since = clock.now()
  t.true(await store.accounts.disable(id))
  clock.pass(5)
  t.true(await store.accounts.disable(id))
  t.is((await store.accounts.find(id))?.disabledAt, since)
  t.true(await store.accounts.enable(id))
  t.is((await store.accounts.find(id))?.disabledAt, undefined)
  t.false(await store.accounts.disable('nobody'))
  t.false(await store.accounts.enable('nobody'))
})

onBoth('the list holds every account once, the oldest first, page by page', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const names = Array.from({ length: 12 }, (_, at) => `user${at}`)
  for (const [at, username] of names.entries()) {
    await store.accounts.create({ username })
    // Some of them at the same time.
    if (at % 3 === 2) clock.pass(1)
  }
  const found: string[] = []
  let after: string | undefined
  do {
    const page = await store.accounts.list({ limit: 5, ...(after !== undefined && { after }) })
    t.true(page.accounts.length <= 5)
    found.push(...page.accounts.map(({ username }) => username))
    after = page.next
  } while (after !== undefined)
  t.deepEqual([...found].sort(), [...names].sort())
  for (const wrong of ['', 'x', '1.2', `${'9'.repeat(400)}.0`, '-1.x', '\0'])
    t.is((await store.accounts.list({ limit: 20, after: wrong })).accounts.length, 12)
  for (let at = 0; at < 12; at += 3) t.deepEqual(found.slice(at, at + 3).sort(), names.slice(at, at + 3).sort())
})

onBoth('what is kept is there when the store is opened again', async (t, kind) => {
  const url = await emptyDatabase(t, kind)
  const first = await open(t, kind, { url })
  const made = await first.store.accounts.create(alice)
  await first.store.close()
  const { store } = await open(t, kind, { url, ring: first.ring })
  t.deepEqual(await store.accounts.findByUsername('alice'), made)
})
