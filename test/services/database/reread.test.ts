/** When a database is read again, and when it is left alone. */

import test from 'ava'
import type { DataVersion } from '../../../src/services/database/database.ts'
import { Reread } from '../../../src/services/database/reread.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

/** A reader of a database that stands as the test says. */
function start(version: DataVersion | undefined) {
  const [clock, state] = [new HandClock(), { version, isAll: true, fault: undefined as Error | undefined }]
  const reread = new Reread({ dataVersion: async () => state.version }, clock)
  let reads = 0
  /** Whether it reads, so many milliseconds later. */
  const isRead = async (later: number): Promise<boolean> => {
    clock.pass(later)
    const before = reads
    await reread.read(async () => {
      reads++
      if (state.fault) throw state.fault
      return state.isAll
    })
    return reads > before
  }
  return { state, reads: isRead }
}

const old = (tag: string): DataVersion => ({ tag, age: 60_000 })
const young = (tag: string): DataVersion => ({ tag, age: 0 })

test('what stands as it did long before is read once', async (t) => {
  const { state, reads } = start(old('one'))
  t.true(await reads(0))
  t.false(await reads(1_000))
  t.false(await reads(60_000))
  state.version = young('two')
  t.true(await reads(1))
})

test('what has changed just now is read until it has stood for a while, and then left alone', async (t) => {
  const { state, reads } = start(young('one'))
  for (const later of [0, 1_000, 1_000, 1_000, 1_000]) t.true(await reads(later))
  t.false(await reads(1_000))
  state.version = old('two')
  t.true(await reads(1_000), 'of a change that was seen the age is not believed')
  t.true(await reads(3_000))
  t.true(await reads(1_000))
  t.false(await reads(1_000))
})

test('a read that begins before it has stood for long enough counts for nothing, however long it takes', async (t) => {
  const { reads } = start(young('one'))
  t.true(await reads(0))
  t.true(await reads(3_999))
  t.true(await reads(1))
  t.false(await reads(1))
})

test('what cannot be told is always read', async (t) => {
  const { reads } = start(undefined)
  for (const later of [0, 10_000, 10_000]) t.true(await reads(later))
})

test('a read that fails, or that time alone may bring more, is done again', async (t) => {
  const { state, reads } = start(old('one'))
  state.fault = new Error('away')
  await t.throwsAsync(reads(0), { message: 'away' })
  state.fault = undefined
  state.isAll = false
  t.true(await reads(1_000))
  state.isAll = true
  t.true(await reads(1_000))
  t.false(await reads(1_000))
})

test('now and then it is read all the same', async (t) => {
  const { reads } = start(old('one'))
  t.true(await reads(0))
  t.false(await reads(3_599_999))
  t.true(await reads(1))
})
