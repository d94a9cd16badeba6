/** Attempts to log in that this server could not judge, and floods of those that it could: what is counted, kept, measured. */

import test from 'ava'
import { systemClock } from '../../src/services/clock.ts'
import { memoryCounters } from '../../src/services/counters/memory.ts'
import { memorySlots } from '../../src/services/counters/memory-slots.ts'
import { createLog } from '../../src/services/log.ts'
import { Metrics } from '../../src/services/metrics.ts'
import type { Entry } from '../../src/services/revocation/entry.ts'
import type { Revocation } from '../../src/services/revocation/revocation.ts'
import { RevocationList } from '../../src/services/revocation/revocation-list.ts'
import { Stores } from '../../src/services/state/stores.ts'
import { Status } from '../../src/services/status.ts'
import type { Reply } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'
import { codeOf, get, logIn, openSite, password, post } from './shop.ts'

const noPassword = 'x'.repeat(100)
const wrong = 'wrong wrong wrong wrong'

/** The value of one sample. */
async function sample(metrics: Metrics, name: string): Promise<number> {
  const { text } = await metrics.expose()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length))
}

test('a login that is refused because too many wait is no failure, and a flood of them no flood of records', async (t) => {
  t.timeout(300_000)
  const { gate, records } = await openSite(t)
  const { metrics } = gate.world
  const crowd = Array.from({ length: 25 }, (_, at) =>
    post(gate, '/login', { username: `nobody-${at}`, password: wrong }),
  )
  await until(() => metrics.accounts?.hasher.waiting === 24)
  const refused: Reply[] = []
  for (let tries = 0; tries < 8; tries++) refused.push(await logIn(gate))
  if (refused.some(({ status }) => status === 200)) {
    t.pass('the machine hashed faster than it was asked')
    return
  }
  for (const reply of refused) t.is(codeOf(reply), 'overloaded', reply.body)
  t.is(await sample(metrics, 'portcullis_password_hashes_refused_total'), 8)
  t.true((await sample(metrics, 'portcullis_password_hashes_waiting')) > 0)
  for (const reply of await Promise.all(crowd)) t.is(codeOf(reply), 'credentials_invalid')
  t.is((await logIn(gate)).status, 200)
  t.is(await sample(metrics, 'portcullis_logins_total{outcome="ok"}'), 1)
  t.is(await sample(metrics, 'portcullis_logins_total{outcome="failed"}'), 25)
  t.is(await sample(metrics, 'portcullis_logins_total{outcome="unavailable"}'), 8)
  t.is(await sample(metrics, 'portcullis_password_hash_duration_seconds_count'), 26)
  t.is(await sample(metrics, 'portcullis_password_hashes_waiting'), 0)
  const unavailable = () => records.filter(({ reason }) => reason === 'overloaded')
  const told = () => unavailable().reduce((sum, { count }) => sum + Number(count ?? 1), 0)
  await until(() => told() === 8)
  t.true(unavailable().length < 8)
  for (const record of unavailable()) t.like(record, { event: 'auth.failed', outcome: 'failed' })
})

test('failed logins of one address are counted in the audit, one record a second', async (t) => {
  t.timeout(120_000)
  const { gate, records } = await openSite(t)
  const began = Date.now()
  await Promise.all(
    Array.from({ length: 45 }, (_, at) => post(gate, '/login', { username: `nobody-${at}`, password: noPassword })),
  )
  const failed = () =>
    records.filter(({ event, reason }) => event === 'auth.failed' && reason === 'credentials_invalid')
  await until(() => failed().reduce((sum, { count }) => sum + Number(count ?? 1), 0) === 45)
  t.true(failed().length <= 2 + (Date.now() - began) / 1_000)
  t.is(await sample(gate.world.metrics, 'portcullis_logins_total{outcome="failed"}'), 45)
})

test('where no revocation has room, sessions end all the same, and what did not end is told', async (t) => {
  t.timeout(120_000)
  const [unread, status, lines] = [new Metrics(), new Status(), [] as string[]]
  const write = (line: string) => void lines.push(line)
  const log = createLog({ pretty: false, level: 'error', destination: { write } })
  const local = {
    counters: memoryCounters(systemClock),
    slots: memorySlots(unread),
    revocation: fullRevocation(unread),
  }
  const stores = new Stores(local, { clock: systemClock, metrics: unread, status, log })
  const { gate, records } = await openSite(t, { stores, log })
  const { metrics } = gate.world
  const sessions: Record<string, string>[] = []
  for (let at = 0; at < 3; at++) sessions.push(JSON.parse((await logIn(gate)).body))
  const [one, two, three] = sessions
  if (!(one && two && three)) return t.fail()
  const use = (refresh_token = '') => post(gate, '/refresh', { refresh_token })

  t.is((await post(gate, '/logout', {}, one.access_token)).status, 204)
  t.is((await get(gate, '/me', one.access_token ?? '')).status, 200, 'until it expires')
  t.is(codeOf(await use(one.refresh_token)), 'token_invalid')

  const next = JSON.parse((await use(two.refresh_token)).body)
  const last = JSON.parse((await use(next.refresh_token)).body)
  t.is(codeOf(await use(two.refresh_token)), 'token_invalid')
  t.is(codeOf(await use(last.refresh_token)), 'token_invalid', 'the family is dead')

  const change = { current: password, new: 'eleven calm herons wade' }
  t.is((await post(gate, '/password', change, two.access_token)).status, 204)
  t.is(codeOf(await use(three.refresh_token)), 'token_invalid')

  t.is(await sample(metrics, 'portcullis_revocations_refused_total'), 3)
  t.is(lines.filter((line) => line.includes('access tokens live until they expire')).length, 3)
  t.is(records.filter(({ event, outcome }) => event === 'auth.revoked' && outcome === 'failed').length, 3)
  t.is(records.find(({ event }) => event === 'auth.reused')?.outcome, 'denied')
  t.is(await sample(metrics, 'portcullis_refreshes_total{outcome="reused"}'), 1)
  t.is(await sample(metrics, 'portcullis_refreshes_total{outcome="ok"}'), 2)
  t.is(await sample(metrics, 'portcullis_refreshes_total{outcome="revoked"}'), 3)
})

function fullRevocation(metrics: Metrics): Revocation {
  const list = new RevocationList(systemClock, metrics, 0)
  const revoke = async (entry: Entry) => {
    list.add(entry)
    return 'stored' as const
  }
  return { isRevoked: (token) => list.isRevoked(token), holds: (entry) => list.holds(entry), revoke, close: () => {} }
}
