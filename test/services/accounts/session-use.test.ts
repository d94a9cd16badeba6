/** A session whose token stays the same, on both databases: it goes on while it is used, and ends with all others. */

import type { ExecutionContext } from 'ava'
import { type Kind, onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const rules = { idle: 60_000, absolute: 600_000, grace: 5_000 }
const by = { client: 'cookie', rules }

async function start(t: ExecutionContext, kind: Kind) {
  const opened = await open(t, kind)
  const account = await opened.store.accounts.create({ username: 'alice', passwordHash: 'hash' })
  if (account === undefined) throw new Error('no account')
  const begun = await opened.store.sessions.begin({ ...by, account, scopes: ['a:b'], details: { agent: 'Firefox' } })
  if (begun === undefined) throw new Error('no session')
  return { ...opened, account, ...begun }
}

onBoth('goes on with one token for as long as it is used, and no longer than it may', async (t, kind) => {
  const { store, clock, token, session, account } = await start(t, kind)
  for (let used = 0; used < 11; used++) {
    clock.pass(rules.idle - 10_000)
    t.like(await store.sessions.use(token, by), { id: session.id, scopes: ['a:b'], details: { agent: 'Firefox' } })
    const expiresAt = Math.min(session.createdAt + rules.absolute, clock.now() + rules.idle)
    t.like(await store.sessions.list(account.id), [{ id: session.id, usedAt: clock.now(), expiresAt }])
  }
  clock.pass(rules.idle - 10_000)
  t.is(await store.sessions.use(token, by), undefined)
})

onBoth('is over once nobody used it for the idle time, or rules became stricter', async (t, kind) => {
  const { store, clock, token } = await start(t, kind)
  clock.pass(30_000)
  t.is(await store.sessions.use(token, { ...by, rules: { ...rules, idle: 30_000 } }), undefined)
  t.is(await store.sessions.use(token, { ...by, rules: { ...rules, absolute: 30_000 } }), undefined)
  t.truthy(await store.sessions.use(token, by))
  clock.pass(rules.idle)
  t.is(await store.sessions.use(token, by), undefined)
})

onBoth('is nobody for another client, for another token, and for a text that is none', async (t, kind) => {
  const { store, token } = await start(t, kind)
  t.is(await store.sessions.use(token, { ...by, client: 'web' }), undefined)
  for (const other of ['', 'x', token.slice(1), `${token}=`, token.toLowerCase(), 'A'.repeat(43), 'é'.repeat(43)])
    t.is(await store.sessions.use(other, by), undefined, other)
  t.truthy(await store.sessions.use(token, by))
})

onBoth('ends with its account, and when it is told to', async (t, kind) => {
  const { store, token, session, account } = await start(t, kind)
  await store.accounts.disable(account.id)
  t.is(await store.sessions.use(token, by), undefined)
  await store.accounts.enable(account.id)
  const again = await store.sessions.begin({ ...by, account, scopes: [], details: {} })
  const next = again?.token ?? ''
  t.truthy(await store.sessions.use(next, by))
  await store.sessions.end({ id: again?.session.id ?? session.id, account: account.id }, 'logout')
  t.is(await store.sessions.use(next, by), undefined)
})

onBoth('a token that was exchanged for another is not used again', async (t, kind) => {
  const { store, token } = await start(t, kind)
  const rotated = await store.sessions.rotate(token, by)
  t.is(await store.sessions.use(token, by), undefined)
  t.truthy(await store.sessions.use('token' in rotated ? rotated.token : '', by))
})
