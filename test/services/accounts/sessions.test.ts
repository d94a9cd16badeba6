/** Refresh rotation, on both databases: one successor, the end of a family, and races over two nodes. */

import type { ExecutionContext } from 'ava'
import type { Account } from '../../../src/services/accounts/account.ts'
import type { RefreshRules } from '../../../src/services/accounts/refresh/refresh-rules.ts'
import type { Refused, Rotated } from '../../../src/services/accounts/refresh/rotation.ts'
import type { Begun, NewSession } from '../../../src/services/accounts/refresh/sessions.ts'
import { type Kind, type Opened, onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const rules: RefreshRules = { idle: 60_000, absolute: 600_000, grace: 5_000 }
const noGrace = { ...rules, grace: -1 }
const by = { client: 'web', rules }

interface Started extends Opened {
  readonly account: Account
  readonly begun: Begun
  /** Another login. */
  begin(given?: Partial<NewSession>): Promise<Begun | undefined>
}

async function start(t: ExecutionContext, kind: Kind): Promise<Started> {
  const opened = await open(t, kind)
  const account = await opened.store.accounts.create({ username: 'alice', passwordHash: 'hash' })
  if (account === undefined) throw new Error('no account')
  const usual = { account, client: 'web', scopes: ['orders:read'], details: { agent: 'Firefox' }, rules }
  const begin = (given: Partial<NewSession> = {}) => opened.store.sessions.begin({ ...usual, ...given })
  const begun = await begin()
  if (begun === undefined) throw new Error('no session')
  return { ...opened, account, begun, begin }
}

const tokenOf = (outcome: Rotated | Refused | undefined): string =>
  outcome !== undefined && 'token' in outcome ? outcome.token : ''

onBoth('each use gives a successor, and the session goes on', async (t, kind) => {
  const { store, clock, begun, account } = await start(t, kind)
  t.regex(begun.token, /^[A-Za-z0-9_-]{43}$/)
  t.like(begun.session, { account: account.id, client: 'web', scopes: ['orders:read'], details: { agent: 'Firefox' } })
  const seen = new Set([begun.token])
  let { token } = begun
  for (let use = 0; use < 5; use++) {
    clock.pass(10_000)
    const rotated = await store.sessions.rotate(token, by)
    token = tokenOf(rotated)
    t.like(rotated, { isRepeat: false })
    t.like(rotated.session, { id: begun.session.id, account: account.id, scopes: ['orders:read'] })
    seen.add(token)
  }
  t.is(seen.size, 6)
  t.like(await store.sessions.list(account.id), [{ id: begun.session.id, usedAt: clock.now() }])
})

onBoth('a client that lost its answer is handed the same successor, for as long as the grace', async (t, kind) => {
  const { store, clock, begun } = await start(t, kind)
  const first = await store.sessions.rotate(begun.token, by)
  clock.pass(rules.grace)
  const again = await store.sessions.rotate(begun.token, by)
  t.is(tokenOf(again), tokenOf(first))
  t.like(again, { isRepeat: true })
  t.like(await store.sessions.rotate(tokenOf(first), by), { isRepeat: false })
})

onBoth('a spent token after the grace ends its family, with every token of it', async (t, kind) => {
  const { store, clock, begun, account } = await start(t, kind)
  const successor = tokenOf(await store.sessions.rotate(begun.token, by))
  clock.pass(rules.grace + 1)
  const session = { id: begun.session.id, account: account.id }
  t.deepEqual(await store.sessions.rotate(begun.token, by), { reason: 'reused', session, isFamilyEnded: true })
  t.deepEqual(await store.sessions.rotate(successor, by), { reason: 'revoked', session, isFamilyEnded: false })
  t.deepEqual(await store.sessions.rotate(begun.token, by), { reason: 'revoked', session, isFamilyEnded: false })
  t.deepEqual(await store.sessions.list(account.id), [])
  t.is(await store.sessions.findByToken(successor), undefined)
})

onBoth('a spent token whose successor was used ends its family, also within the grace', async (t, kind) => {
  const { store, begun } = await start(t, kind)
  const second = tokenOf(await store.sessions.rotate(begun.token, by))
  const third = tokenOf(await store.sessions.rotate(second, by))
  t.like(await store.sessions.rotate(begun.token, by), { reason: 'reused', isFamilyEnded: true })
  t.like(await store.sessions.rotate(third, by), { reason: 'revoked' })
})

onBoth('a node whose clock lags behind is within the grace', async (t, kind) => {
  const { store, url, ring, clock, begun } = await start(t, kind)
  const late = await open(t, kind, { url, ring })
  clock.pass(rules.grace)
  const first = await store.sessions.rotate(begun.token, by)
  t.is(tokenOf(await late.store.sessions.rotate(begun.token, by)), tokenOf(first))
})

onBoth('a token of another client ends its family', async (t, kind) => {
  const { store, begun } = await start(t, kind)
  t.like(await store.sessions.rotate(begun.token, { ...by, client: 'app' }), { reason: 'client', isFamilyEnded: true })
  t.like(await store.sessions.rotate(begun.token, by), { reason: 'revoked' })
})

onBoth('a session that is idle for too long is over', async (t, kind) => {
  const { store, clock, begun, account } = await start(t, kind)
  clock.pass(rules.idle - 1)
  const { token } = { token: tokenOf(await store.sessions.rotate(begun.token, by)) }
  t.not(token, '')
  clock.pass(rules.idle)
  t.like(await store.sessions.rotate(token, by), { reason: 'expired', isFamilyEnded: false })
  t.deepEqual(await store.sessions.list(account.id), [])
})

onBoth('no session outlives its absolute lifetime, however often it is used', async (t, kind) => {
  const { store, clock, begun, account } = await start(t, kind)
  let { token } = begun
  for (let passed = 50_000; passed < rules.absolute; passed += 50_000) {
    clock.pass(50_000)
    token = tokenOf(await store.sessions.rotate(token, by))
    t.not(token, '')
  }
  t.is((await store.sessions.list(account.id))[0]?.expiresAt, begun.session.createdAt + rules.absolute)
  clock.pass(50_000)
  t.like(await store.sessions.rotate(token, by), { reason: 'expired' })
})

onBoth('rules that become stricter count for the sessions that are there', async (t, kind) => {
  const { store, clock, begun } = await start(t, kind)
  clock.pass(30_000)
  const stricter = { client: 'web', rules: { ...rules, idle: 30_000 } }
  t.like(await store.sessions.rotate(begun.token, stricter), { reason: 'expired' })
  const shorter = { client: 'web', rules: { ...rules, absolute: 30_000 } }
  t.like(await store.sessions.rotate(begun.token, shorter), { reason: 'expired' })
  t.like(await store.sessions.rotate(begun.token, by), { isRepeat: false })
})

onBoth('what is no token is unknown', async (t, kind) => {
  const { store, begun } = await start(t, kind)
  const unknown = { reason: 'unknown', session: undefined, isFamilyEnded: false }
  const wrong = ['', 'x', `${begun.token}=`, ` ${begun.token}`, 'A'.repeat(43), 'A'.repeat(1e6), "' or 1=1 --", '\0']
  for (const token of wrong) {
    t.deepEqual(await store.sessions.rotate(token, by), unknown)
    t.is(await store.sessions.findByToken(token), undefined)
  }
})

onBoth('an account that is disabled has no session, also after it is enabled', async (t, kind) => {
  const { store, account, begun, begin } = await start(t, kind)
  await store.accounts.disable(account.id)
  t.like(await store.sessions.rotate(begun.token, by), { reason: 'revoked' })
  t.is(await begin(), undefined)
  await store.accounts.enable(account.id)
  t.like(await store.sessions.rotate(begun.token, by), { reason: 'revoked' })
  t.truthy(await begin())
})

onBoth('a change of password ends every session but that which changed it', async (t, kind) => {
  const { store, account, begun, begin } = await start(t, kind)
  const other = await begin()
  const ended = await store.accounts.setPassword(account, 'new', { session: begun.session.id })
  t.deepEqual(ended, [other?.session.id])
  t.like(await store.sessions.rotate(other?.token ?? '', by), { reason: 'revoked' })
  t.like(await store.sessions.rotate(begun.token, by), { isRepeat: false })
  // The password that was proved is the old one.
  t.is(await begin(), undefined)
  t.truthy(await begin({ account: { id: account.id, passwordVersion: 2 } }))
})

onBoth('sessions are listed and ended one by one, or all but one', async (t, kind) => {
  const { store, clock, account, begun, begin } = await start(t, kind)
  const others = []
  for (let at = 0; at < 3; at++) {
    clock.pass(1)
    others.push((await begin({ details: { agent: `agent${at}` } }))?.session.id ?? '')
  }
  const [first = '', second = '', third = ''] = others
  const ids = async () => (await store.sessions.list(account.id)).map(({ id }) => id)
  t.deepEqual(await ids(), [third, second, first, begun.session.id])
  t.false(await store.sessions.end({ id: second, account: 'somebody else' }, 'logout'))
  t.true(await store.sessions.end({ id: second, account: account.id }, 'logout'))
  t.false(await store.sessions.end({ id: second, account: account.id }, 'logout'))
  t.deepEqual(await ids(), [third, first, begun.session.id])
  const ended = await store.sessions.endAll(account.id, 'logout', { session: begun.session.id })
  t.deepEqual([...ended].sort(), [first, third].sort())
  t.deepEqual(await ids(), [begun.session.id])
  t.like(await store.sessions.findByToken(begun.token), { id: begun.session.id, account: account.id })
  t.like(await store.sessions.find(begun.session.id), { id: begun.session.id })
  t.is(await store.sessions.find(second), undefined)
  t.deepEqual(await store.sessions.endAll(account.id, 'revoked'), [begun.session.id])
  t.deepEqual(await ids(), [])
})

onBoth('50 uses of one token at once, over two nodes, give one successor', async (t, kind) => {
  const { store, url, ring, begun } = await start(t, kind)
  const other = await open(t, kind, { url, ring })
  const uses = Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other.store).sessions.rotate(begun.token, by))
  const outcomes = await Promise.all(uses)
  const tokens = new Set(outcomes.map(tokenOf))
  t.is(tokens.size, 1)
  t.false(tokens.has(''))
  t.is(outcomes.filter((outcome) => 'isRepeat' in outcome && !outcome.isRepeat).length, 1)
  // And of that one again.
  const [successor = ''] = tokens
  const more = Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other.store).sessions.rotate(successor, by))
  t.is(new Set((await Promise.all(more)).map(tokenOf)).size, 1)
})

onBoth('50 uses of one token at once without a grace: one goes through, and the family is dead', async (t, kind) => {
  const { store, url, ring, begun } = await start(t, kind)
  const other = await open(t, kind, { url, ring })
  const strict = { client: 'web', rules: noGrace }
  const uses = Array.from({ length: 50 }, (_, at) =>
    (at % 2 ? store : other.store).sessions.rotate(begun.token, strict),
  )
  const outcomes = await Promise.all(uses)
  const [successor = '', ...none] = outcomes.map(tokenOf).filter((token) => token !== '')
  t.deepEqual(none, [])
  t.is(outcomes.filter((outcome) => 'isFamilyEnded' in outcome && outcome.isFamilyEnded).length, 1)
  t.like(await store.sessions.rotate(successor, strict), { reason: 'revoked' })
})

onBoth(
  'no session is left of logins that race a disabling, a change of password, and their own refreshing',
  async (t, kind) => {
    const { store, url, ring, account, begun, begin } = await start(t, kind)
    const other = await open(t, kind, { url, ring })
    const chain = async () => {
      for (let token = begun.token; token !== ''; ) token = tokenOf(await other.store.sessions.rotate(token, by))
    }
    const logins = Array.from({ length: 20 }, () => begin())
    await Promise.all([
      ...logins,
      chain(),
      store.accounts.disable(account.id),
      other.store.accounts.setPassword(account, 'new'),
    ])
    await store.accounts.enable(account.id)
    t.deepEqual(await store.sessions.list(account.id), [])
  },
)
