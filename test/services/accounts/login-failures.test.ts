/** Attempts to log in: the delays, the lock, and that many at once are no more guesses than one after the other. */

import test from 'ava'
import {
  type Admission,
  accountRules,
  addressRules,
  delayAfter,
  forgive,
  judge,
  stricter,
} from '../../../src/services/accounts/login-throttle.ts'
import { onBoth, open, usePostgres } from './stores.ts'

usePostgres()

const attempt = { username: 'alice', address: '198.51.100.7' }
const isAdmitted = (admission: Admission) => admission.isAdmitted
let addresses = 0
/** Whoever guesses from everywhere is slowed down by the account alone. */
const fromElsewhere = () => ({ ...attempt, address: `2001:db8::${++addresses}` })

test('the first attempts wait for nothing, and each further one twice as long as the last', (t) => {
  const delays = Array.from({ length: 20 }, (_, failures) => delayAfter(failures, accountRules))
  t.deepEqual(delays.slice(0, 9), [0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000])
  t.is(delays.at(-1), accountRules.maxDelay)
  t.is(delayAfter(10_000, accountRules), accountRules.maxDelay)
})

test('guessing until the lock takes a day', (t) => {
  let total = 0
  for (let failures = 0; failures < accountRules.lockAt; failures++) total += delayAfter(failures, accountRules)
  t.true(total > 20 * 3_600_000)
})

test('waiting as long as was said suffices, and one millisecond less does not', (t) => {
  const failures = { failures: 7, lastAt: 1_000_000 }
  const refused = judge(failures, accountRules, 1_000_500)
  t.deepEqual(refused, { isAdmitted: false, isLocked: false, retryAfter: 3_500 })
  t.false(judge(failures, accountRules, 1_003_999).isAdmitted)
  t.true(judge(failures, accountRules, 1_004_000).isAdmitted)
})

test('a clock that was set back locks nobody out', (t) => {
  t.true(judge({ failures: 90, lastAt: 2_000_000_000 }, accountRules, 1_000_000_000).isAdmitted)
  // A node that lags behind a little is no such clock.
  t.false(judge({ failures: 90, lastAt: 1_000_010_000 }, accountRules, 1_000_000_000).isAdmitted)
})

test('an address is forgiven one failure a minute', (t) => {
  const failures = { failures: 10, lastAt: 0 }
  t.is(forgive(failures, 59_999).failures, 10)
  t.is(forgive(failures, 180_000).failures, 7)
  t.is(forgive(failures, 1e12).failures, 0)
  t.is(forgive(failures, -1e12).failures, 10)
  t.false(judge({ failures: 1e9, lastAt: 0 }, addressRules, 0).isAdmitted)
})

test('of two judgements the stricter one holds', (t) => {
  const admitted = { isAdmitted: true } as const
  const soon = { isAdmitted: false, isLocked: false, retryAfter: 1 } as const
  const late = { isAdmitted: false, isLocked: false, retryAfter: 9 } as const
  const locked = { isAdmitted: false, isLocked: true, retryAfter: 5 } as const
  t.is(stricter(admitted, admitted), admitted)
  for (const [one, other, strictest] of [
    [admitted, soon, soon],
    [soon, late, late],
    [late, locked, locked],
    [locked, admitted, locked],
  ] as const) {
    t.is(stricter(one, other), strictest)
    t.is(stricter(other, one), strictest)
  }
})

onBoth('after the free attempts each waits its delay, and what is refused does not count', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  for (let at = 0; at < accountRules.free; at++) t.true(isAdmitted(await store.failures.admit(attempt)))
  for (let at = 0; at < 5; at++)
    t.deepEqual(await store.failures.admit(attempt), { isAdmitted: false, isLocked: false, retryAfter: 1_000 })
  clock.pass(1_000)
  t.true(isAdmitted(await store.failures.admit(attempt)))
  t.like(await store.failures.admit(attempt), { retryAfter: 2_000 })
})

onBoth('a success ends the row of an account', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < accountRules.free; at++) t.true(isAdmitted(await store.failures.admit(fromElsewhere())))
    t.false(isAdmitted(await store.failures.admit(attempt)))
    clock.pass(1_000)
    t.true(isAdmitted(await store.failures.admit(attempt)))
    await store.failures.succeed(attempt)
  }
})

onBoth('after 100 failures in a row nobody is admitted until somebody unlocks', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  for (let at = 0; at < accountRules.lockAt; at++) {
    t.false(await store.failures.isLocked('alice'))
    t.true(isAdmitted(await store.failures.admit(fromElsewhere())), `attempt ${at}`)
    clock.pass(accountRules.maxDelay)
  }
  clock.pass(365 * 86_400_000)
  t.like(await store.failures.admit(fromElsewhere()), { isAdmitted: false, isLocked: true })
  t.true(await store.failures.isLocked('ALICE'))
  await store.prune()
  t.like(await store.failures.admit(fromElsewhere()), { isAdmitted: false, isLocked: true })
  t.true(await store.failures.unlock('Alice'))
  t.false(await store.failures.unlock('alice'))
  t.true(isAdmitted(await store.failures.admit(fromElsewhere())))
})

onBoth('however a name is written, it is one account; what is no name is counted too', async (t, kind) => {
  const { store } = await open(t, kind)
  const spellings = ['alice', 'ALICE', ' alice', 'ａlice', 'Alice']
  for (const username of spellings) await store.failures.admit({ ...fromElsewhere(), username })
  t.false(isAdmitted(await store.failures.admit(fromElsewhere())))
  const none = ['', '\0', '\ud800', 'x'.repeat(100_000)]
  for (const username of none) {
    for (let at = 0; at < accountRules.free; at++)
      t.true(isAdmitted(await store.failures.admit({ ...fromElsewhere(), username })))
    t.false(isAdmitted(await store.failures.admit({ ...fromElsewhere(), username })))
  }
})

onBoth('an address that tries many names is slowed down, and its own success does not wipe that', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const guess = (at: number) => store.failures.admit({ ...attempt, username: `user${at}` })
  for (let at = 0; at < addressRules.free; at++) t.true(isAdmitted(await guess(at)))
  t.like(await guess(1_000), { isAdmitted: false, isLocked: false, retryAfter: 1_000 })
  clock.pass(1_000)
  t.true(isAdmitted(await store.failures.admit({ ...attempt, username: 'mine' })))
  await store.failures.succeed({ ...attempt, username: 'mine' })
  t.false(isAdmitted(await guess(1_001)))
  t.true(isAdmitted(await store.failures.admit({ ...attempt, username: 'x', address: '198.51.100.8' })))
})

onBoth('50 attempts at once, over two nodes, are as many guesses as one after the other', async (t, kind) => {
  const { store, url, ring } = await open(t, kind)
  const other = await open(t, kind, { url, ring })
  const attempts = Array.from({ length: 50 }, (_, at) =>
    (at % 2 ? store : other.store).failures.admit(at % 3 ? attempt : fromElsewhere()),
  )
  t.is((await Promise.all(attempts)).filter(isAdmitted).length, accountRules.free)
})

onBoth('failures that nobody has added to for a month are taken out', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  for (let at = 0; at < 3; at++) await store.failures.admit({ username: `user${at}`, address: `a${at}` })
  clock.pass(29 * 86_400_000)
  await store.failures.admit(attempt)
  t.is(await store.prune(), 0)
  clock.pass(2 * 86_400_000)
  t.is(await store.prune(), 6)
  t.is(await store.prune(), 0)
})

onBoth('an attempt that is withdrawn was none: neither a failure nor a delay is left of it', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  for (let at = 0; at < 7; at++) {
    t.true(isAdmitted(await store.failures.admit(attempt)))
    clock.pass(delayAfter(at + 1, accountRules))
  }
  for (let round = 0; round < 20; round++) {
    const admission = await store.failures.admit(attempt)
    if (!admission.isAdmitted) return t.fail(`round ${round}`)
    t.false(isAdmitted(await store.failures.admit(attempt)))
    await store.failures.withdraw(admission)
  }
  t.true(isAdmitted(await store.failures.admit(attempt)))
  t.like(await store.failures.admit(attempt), { retryAfter: delayAfter(8, accountRules) })
})

onBoth('of many at once, as many as are withdrawn are not counted', async (t, kind) => {
  const { store } = await open(t, kind)
  const admissions = await Promise.all(Array.from({ length: 5 }, () => store.failures.admit(attempt)))
  t.false(isAdmitted(await store.failures.admit(attempt)))
  for (const admission of admissions.slice(0, 2)) if (admission.isAdmitted) await store.failures.withdraw(admission)
  for (const expected of [true, true, false]) t.is(isAdmitted(await store.failures.admit(attempt)), expected)
})

onBoth('what is withdrawn after a success takes nothing away', async (t, kind) => {
  const { store } = await open(t, kind)
  const [first] = [await store.failures.admit(attempt), await store.failures.admit(attempt)]
  await store.failures.succeed(attempt)
  if (first?.isAdmitted) await store.failures.withdraw(first)
  for (let at = 0; at < accountRules.free; at++) t.true(isAdmitted(await store.failures.admit(attempt)))
  t.false(isAdmitted(await store.failures.admit(attempt)))
})
