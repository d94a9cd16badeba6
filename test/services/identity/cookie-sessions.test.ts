/** Access tokens of sessions that browsers keep: made once for all who want one, anew in time, and never of a dead session. */

import type { ExecutionContext } from 'ava'
import { deny } from '../../../src/core/denial.ts'
import { CookieSessions } from '../../../src/services/identity/cookie-sessions.ts'
import { type Kind, onBoth, open, usePostgres } from '../accounts/stores.ts'

usePostgres()

const rules = { idle: 60_000, absolute: 600_000, grace: 0 }
const away = deny('state_unavailable')

async function start(t: ExecutionContext, kind: Kind, accessTtl = 300_000) {
  const { store, clock } = await open(t, kind)
  const account = await store.accounts.create({ username: 'alice', passwordHash: 'hash', scopes: ['a:b', 'c:d'] })
  if (account === undefined) throw new Error('no account')
  const by = { client: 'cookie', rules }
  const begun = await store.sessions.begin({ ...by, account, scopes: ['a:b', 'x:y'], details: {} })
  if (begun === undefined) throw new Error('no session')
  const world = { isAway: false, minted: 0, asked: 0 }
  const sessions = new CookieSessions({
    ...by,
    store,
    accessTtl,
    clock,
    attempt: async (work) => {
      world.asked++
      return world.isAway ? away : work()
    },
    scopesOf: ({ scopes }) => scopes,
    mint: ({ id }, session) => {
      world.minted++
      return JSON.stringify({ id, sid: session.id, scopes: session.scopes, nth: world.minted })
    },
  })
  return { store, clock, account, sessions, world, token: begun.token, sid: begun.session.id }
}

onBoth('makes one access token for all who want one at once', async (t, kind) => {
  const { sessions, world, token, sid, account } = await start(t, kind)
  t.is(sessions.recall(token), undefined)
  const made = await Promise.all(Array.from({ length: 50 }, () => sessions.renew(token, '192.0.2.1')))
  t.is(new Set(made).size, 1)
  t.deepEqual([world.asked, world.minted], [1, 1])
  t.deepEqual(JSON.parse(String(made[0])), { id: account.id, sid, scopes: ['a:b'], nth: 1 })
  t.is(sessions.recall(token), String(made[0]))
})

onBoth('asks the store so often that the idle time of a session in use never ends', async (t, kind) => {
  const { sessions, clock, token } = await start(t, kind)
  for (let seconds = 0; seconds < 590; seconds += 10) {
    t.is(typeof (sessions.recall(token) ?? (await sessions.renew(token, '192.0.2.1'))), 'string', `${seconds}`)
    clock.pass(10_000)
  }
  clock.pass(10_000)
  t.is(sessions.recall(token), undefined)
  t.is(await sessions.renew(token, '192.0.2.1'), undefined)
})

onBoth('is over once nobody used it for the idle time', async (t, kind) => {
  const { sessions, clock, token } = await start(t, kind)
  await sessions.renew(token, '192.0.2.1')
  clock.pass(rules.idle)
  t.is(sessions.recall(token), undefined)
  t.is(await sessions.renew(token, '192.0.2.1'), undefined)
})

onBoth('makes none for a session that has ended, nor while the store is away', async (t, kind) => {
  const { sessions, store, world, token, sid, account } = await start(t, kind)
  world.isAway = true
  t.is(await sessions.renew(token, '192.0.2.1'), away)
  world.isAway = false
  t.truthy(await sessions.renew(token, '192.0.2.1'))
  await store.sessions.end({ id: sid, account: account.id }, 'logout')
  t.is(await sessions.renew(token, '192.0.2.1'), undefined)
  t.is(world.minted, 1)
})

onBoth('makes none for a text that is no session', async (t, kind) => {
  const { sessions, world, token } = await start(t, kind)
  await Promise.all(Array.from({ length: 50 }, (_, at) => sessions.renew(`${at}`.padEnd(43, 'A'), '192.0.2.1')))
  t.is(world.minted, 0)
  t.truthy(await sessions.renew(token, '192.0.2.1'))
})

onBoth('has the store looked at for nothing so often, and good sessions always', async (t, kind) => {
  const { sessions, clock, token } = await start(t, kind)
  const made = await sessions.renew(token, '192.0.2.1')
  const forge = (count: number, address: string) =>
    Promise.all(Array.from({ length: count }, (_, at) => sessions.renew(`${at}-${address}`.padEnd(43, 'A'), address)))
  const answers = await forge(150, '192.0.2.1')
  t.is(answers.filter((answer) => answer === undefined).length, 100)
  t.like(answers.at(-1), { code: 'rate_limited' })
  t.is((await forge(1, '192.0.2.2'))[0], undefined)
  t.is(sessions.recall(token), String(made))
  t.is(typeof (await sessions.renew(token, '192.0.2.1')), 'string')
  clock.pass(1_000)
  t.is((await forge(1, '192.0.2.1'))[0], undefined)
})
