import test from 'ava'
import { Metrics } from '../../../src/services/metrics.ts'
import { primaryRevocation } from '../../../src/services/primary/primary-revocation.ts'
import { WorkerRevocations } from '../../../src/services/primary/worker-revocations.ts'
import { beforeEntry, tokenEntry } from '../../../src/services/revocation/entry.ts'
import { RevocationsFull } from '../../../src/services/revocation/revocation.ts'
import { mostEntries } from '../../../src/services/revocation/revocation-list.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { linked } from '../../helpers/linked.ts'
import { until } from '../../helpers/until.ts'

const issuer = 'https://login.example/'
const clock = new HandClock()
const token = (id: string) => ({ issuer, user: 'ann', id, issuedAt: 1_600_000_000 })
const entry = (id: string) => tokenEntry(issuer, id, { now: clock.now() })

function node() {
  const shared = new WorkerRevocations(clock, new Metrics())
  return () => {
    const link = linked()
    const metrics = new Metrics()
    const revocation = primaryRevocation(link.worker, clock, metrics)
    const briefed = link.worker.ask('open')
    link.primary.handle('open', () => shared.admit(link.primary))
    return { ...link, revocation, metrics, briefed }
  }
}

test('what one worker revokes, all others refuse', async (t) => {
  const start = node()
  const [one, two] = [start(), start()]
  await Promise.all([one.briefed, two.briefed])
  t.is(await one.revocation.revoke(entry('j1')), 'stored')
  t.true(one.revocation.isRevoked(token('j1')))
  await until(() => two.revocation.isRevoked(token('j1')))
  t.false(two.revocation.isRevoked(token('j2')))
  t.is(two.metrics.revocations.held, 1)
})

test('a new worker knows all of it before it serves', async (t) => {
  const start = node()
  const one = start()
  await one.briefed
  await Promise.all(Array.from({ length: 2_500 }, (_, index) => one.revocation.revoke(entry(`j${index}`))))
  one.cut()
  const two = start()
  await two.briefed
  for (let index = 0; index < 2_500; index++) t.true(two.revocation.isRevoked(token(`j${index}`)))
})

test('holds here where the primary is gone, and says where nothing more can be kept', async (t) => {
  t.timeout(120_000)
  const start = node()
  const one = start()
  await one.briefed
  one.cut()
  t.is(await one.revocation.revoke(entry('j1')), 'pending')
  t.true(one.revocation.isRevoked(token('j1')))

  const [two, three] = [start(), start()]
  await Promise.all([two.briefed, three.briefed])
  const revoke = (id: string) => three.revocation.revoke(entry(id)).catch((error) => error)
  // Two fills the primary's list up, while three has not heard of all.
  for (let index = 0; index < mostEntries; index++) void two.revocation.revoke(entry(`k${index}`)).catch(() => {})
  await until(() => three.metrics.revocations.held === mostEntries)
  t.true((await revoke('one more')) instanceof RevocationsFull)
  const all = beforeEntry(issuer, { now: clock.now(), time: clock.now() })
  t.is(await three.revocation.revoke(all), 'stored')
  await until(() => two.revocation.isRevoked(token('never named')))
})
