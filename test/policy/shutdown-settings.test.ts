/** `settings.shutdown`: what it is where nothing is written, and what makes no sense. */

import test from 'ava'
import { longestTimer } from '../../src/core/duration.ts'
import { checkShutdownSettings, readShutdownSettings } from '../../src/policy/shutdown-settings.ts'

test('waits for load balancers, where there may be some', (t) => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    t.deepEqual(readShutdownSettings(undefined, host), { delay: 0, grace: 25_000 }, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'gate.internal'])
    t.deepEqual(readShutdownSettings(undefined, host), { delay: 5_000, grace: 25_000 }, host)
  t.deepEqual(readShutdownSettings({ delay: '2s' }, '127.0.0.1'), { delay: 2_000, grace: 25_000 })
  t.deepEqual(readShutdownSettings({ delay: '0s' }, '0.0.0.0'), { delay: 0, grace: 25_000 })
})

test('leaves running requests half of a short grace', (t) => {
  t.deepEqual(readShutdownSettings({ grace: '4s' }, '0.0.0.0'), { delay: 2_000, grace: 4_000 })
})

test('is no longer than the longest timer', (t) => {
  const long = readShutdownSettings({ grace: '900d', delay: '800d' }, '0.0.0.0')
  t.deepEqual(long, { delay: longestTimer, grace: longestTimer })
})

test('finds a delay that takes up the grace', (t) => {
  const [fault, ...others] = checkShutdownSettings({ delay: '25s' })
  t.deepEqual(others, [])
  t.like(fault, { rule: 'settings/shutdown-delay', message: 'expected less than the grace of `25s`, got `25s`' })
  for (const sound of [undefined, {}, { delay: '24s' }, { delay: '0s', grace: '1ms' }, { delay: '${env:A:-9h}' }])
    t.deepEqual(checkShutdownSettings(sound), [])
})
