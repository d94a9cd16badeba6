import test from 'ava'
import fc from 'fast-check'
import { Metrics } from '../../../src/services/metrics.ts'
import { beforeEntry, type Entry, grantsEntry, tokenEntry, userEntry } from '../../../src/services/revocation/entry.ts'
import { type RevocableToken, RevocationsFull } from '../../../src/services/revocation/revocation.ts'
import { RevocationList } from '../../../src/services/revocation/revocation-list.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

const minute = 60_000
const day = 24 * 60 * minute

function listOf(most?: number) {
  const [clock, metrics] = [new HandClock(), new Metrics()]
  return { list: new RevocationList(clock, metrics, most), clock, metrics }
}

const seconds = (clock: HandClock) => Math.floor(clock.now() / 1_000)

const tokenOf = (parts: Partial<RevocableToken> = {}): RevocableToken => ({
  issuer: 'https://login.example/',
  user: 'ann',
  id: 'j1',
  issuedAt: 1_600_000_000,
  ...parts,
})

test('revokes one token of one issuer, whenever it was issued', (t) => {
  const { list, clock } = listOf()
  t.false(list.isRevoked(tokenOf()))
  list.add(tokenEntry('https://login.example/', 'j1', { now: clock.now() }))
  t.true(list.isRevoked(tokenOf()))
  t.true(list.isRevoked(tokenOf({ issuedAt: seconds(clock) + 999, user: 'bob' })))
  t.false(list.isRevoked(tokenOf({ id: 'j2' })))
  t.false(list.isRevoked(tokenOf({ id: undefined, issuedAt: undefined })))
  t.false(list.isRevoked(tokenOf({ issuer: 'https://other.example/' })))
})

test('revokes what says an older version of the grants, whenever it was issued, and no other', (t) => {
  const { list, clock } = listOf()
  list.add(grantsEntry('https://login.example/', 'ann', { now: clock.now(), version: 1 }))
  t.true(list.isRevoked(tokenOf({ version: 1 })))
  t.true(list.isRevoked(tokenOf({ version: 1, issuedAt: seconds(clock) + 999 })))
  t.false(list.isRevoked(tokenOf({ version: 2 })))
  t.false(list.isRevoked(tokenOf()))
  t.false(list.isRevoked(tokenOf({ version: 1, user: 'bob' })))
  t.false(list.isRevoked(tokenOf({ version: 1, issuer: 'https://other.example/' })))
})

test('revokes what a user was issued up to this very second, and what does not say when', (t) => {
  const { list, clock } = listOf()
  clock.pass(700)
  list.add(userEntry('https://login.example/', 'ann', { now: clock.now() }))
  const now = seconds(clock)
  t.true(list.isRevoked(tokenOf({ issuedAt: now - 1 })))
  t.true(list.isRevoked(tokenOf({ issuedAt: now })))
  t.true(list.isRevoked(tokenOf({ issuedAt: now + 0.9 })))
  t.true(list.isRevoked(tokenOf({ issuedAt: undefined, id: undefined })))
  t.false(list.isRevoked(tokenOf({ issuedAt: now + 1 })))
  t.false(list.isRevoked(tokenOf({ user: 'bob' })))
  t.false(list.isRevoked(tokenOf({ issuer: 'https://other.example/' })))
})

test('revokes everything of one issuer, or of all, up to a time', (t) => {
  const { list, clock } = listOf()
  const now = seconds(clock)
  list.add(beforeEntry('https://login.example/', { now: clock.now(), time: (now - 100) * 1_000 }))
  t.true(list.isRevoked(tokenOf({ issuedAt: now - 100 })))
  t.true(list.isRevoked(tokenOf({ issuedAt: undefined })))
  t.false(list.isRevoked(tokenOf({ issuedAt: now - 99 })))
  t.false(list.isRevoked(tokenOf({ issuedAt: now - 100, issuer: 'https://other.example/' })))
  list.add(beforeEntry(undefined, { now: clock.now(), time: (now - 200) * 1_000 }))
  t.true(list.isRevoked(tokenOf({ issuedAt: now - 200, issuer: 'https://other.example/' })))
  t.true(list.isRevoked(tokenOf({ issuedAt: now - 100 })))
  t.false(list.isRevoked(tokenOf({ issuedAt: now - 199, issuer: 'https://other.example/' })))
})

test('a later revocation takes nothing back of an earlier one', (t) => {
  const { list, clock } = listOf()
  const now = seconds(clock)
  const at = (time: number, until?: number) => beforeEntry(undefined, { now: clock.now(), time: time * 1_000, until })
  list.add(at(now, clock.now() + 2 * day))
  list.add(at(now - 500, clock.now() + minute))
  clock.pass(day)
  for (let index = 0; index < 20; index++) list.add(at(now - 500, clock.now() + minute))
  t.true(list.isRevoked(tokenOf({ issuedAt: now })))
})

test('takes no issuer and name for others that read alike', (t) => {
  const { list, clock } = listOf()
  const names = ['__proto__', 'constructor', 'é', 'e\u0301', '\ud800', '\ud801', 'a', 'ab', 'b', '', 'x'.repeat(9_000)]
  for (const name of names) list.add(userEntry(`i${name}`, 'b', { now: clock.now() }))
  for (const name of names) {
    t.true(list.isRevoked(tokenOf({ issuer: `i${name}`, user: 'b', issuedAt: undefined })))
    t.false(list.isRevoked(tokenOf({ issuer: 'i', user: `${name}b!`, issuedAt: undefined })))
  }
  t.is(list.size, names.length)
  t.false(list.isRevoked(tokenOf({ issuer: 'i', user: 'ab', issuedAt: undefined, id: 'b' })))
  for (const { key } of list.values()) t.regex(key, /^u[\w-]{22}$/)
})

test('an entry holds until every token that it can mean has expired, its leeway included', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 * day }),
      fc.integer({ min: 0, max: 90 * day }),
      fc.boolean(),
      (life, passed, isTold) => {
        const { list, clock } = listOf()
        const until = isTold ? clock.now() + life : undefined
        list.add(tokenEntry('https://login.example/', 'j1', { now: clock.now(), until }))
        const lasts = isTold ? life : 30 * day
        clock.pass(passed)
        for (let index = 0; index < 8; index++) list.add(beforeEntry(`i${index}`, { now: clock.now() }))
        if (passed < lasts + 5 * minute) t.true(list.isRevoked(tokenOf()))
        if (passed >= lasts + 10 * minute) t.false(list.isRevoked(tokenOf()))
      },
    ),
  )
})

test('what can revoke nothing any more is forgotten while others come', (t) => {
  const { list, clock, metrics } = listOf()
  for (let index = 0; index < 20_000; index++) {
    list.add(tokenEntry('i', `j${index}`, { now: clock.now(), until: clock.now() + minute }))
    clock.pass(1_000)
  }
  t.true(list.size < 1_000, `${list.size}`)
  t.is(metrics.revocations.held, list.size)
})

test('refuses what there is no room for, drops nothing, and takes what is stricter', (t) => {
  const { list, clock } = listOf(100)
  const entry = (index: number): Entry => tokenEntry('i', `j${index}`, { now: clock.now(), until: clock.now() + day })
  for (let index = 0; index < 100; index++) list.add(entry(index))
  t.throws(() => list.add(entry(100)), { instanceOf: RevocationsFull, message: /at most 100 / })
  t.throws(() => list.add(userEntry('i', 'ann', { now: clock.now() })), { instanceOf: RevocationsFull })
  t.notThrows(() => list.add(entry(7)))
  for (let index = 0; index < 100; index++) t.true(list.isRevoked(tokenOf({ issuer: 'i', id: `j${index}` })))
  list.add(beforeEntry('i', { now: clock.now() }))
  t.true(list.isRevoked(tokenOf({ issuer: 'i', id: 'j100' })))
  clock.pass(2 * day)
  t.notThrows(() => list.add(entry(101)))
})

test('costs next to nothing, whether nothing is revoked or very much', (t) => {
  const { list, clock } = listOf()
  const token = tokenOf()
  const nanoseconds = () => {
    const batch = () => {
      const started = performance.now()
      for (let index = 0; index < 10_000; index++) list.isRevoked(token)
      return (performance.now() - started) * 100
    }
    return Math.min(...Array.from({ length: 20 }, batch))
  }
  const nothing = nanoseconds()
  for (let index = 0; index < 100_000; index++) list.add(tokenEntry('i', `j${index}`, { now: clock.now() }))
  const much = nanoseconds()
  t.log(`${nothing.toFixed(1)} ns, ${much.toFixed(0)} ns among 100,000`)
  t.true(nothing < 20)
  t.true(much < 1_000)
})
