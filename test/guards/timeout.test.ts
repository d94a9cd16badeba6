/** The `timeout` guard: what it sets, and what it refuses. */

import test from 'ava'
import { timeout } from '../../src/guards/timeout.ts'
import { hostGuard, siteOf } from '../helpers/guard-host.ts'

const cases = [
  ['5s', { head: 5_000, idle: 60_000 }],
  [{ head: '500ms' }, { head: 500, idle: 60_000 }],
  [{ idle: '2m' }, { head: 30_000, idle: 120_000 }],
  [
    { head: '1s', idle: '2s' },
    { head: 1_000, idle: 2_000 },
  ],
] as const

for (const [block, limits] of cases) {
  test(`reads ${JSON.stringify(block)}`, async (t) => {
    const plan = await timeout.compile(block, siteOf(), {} as never)
    const send = await hostGuard(t, {
      plan,
      destination: ({ timeout }) => ({ status: 200, headers: [], body: JSON.stringify(timeout) }),
    })
    t.deepEqual(JSON.parse((await send()).body), limits)
  })
}

test('refuses what no timer can hold, and leaves references for later', (t) => {
  const faults = (block: Parameters<typeof timeout.compile>[0]) =>
    timeout.check?.(block, siteOf()).map(({ rule, path, message }) => [rule, path.join('.'), message])
  t.deepEqual(faults('25d'), [['timeout/too-long', '', 'expected at most `24d`, not `25d`']])
  t.deepEqual(faults({ head: '5s', idle: '999999h' }), [
    ['timeout/too-long', 'idle', 'expected at most `24d`, not `999999h`'],
  ])
  t.deepEqual(faults({ head: '24d', idle: '${env:IDLE}' }), [])
  t.deepEqual(faults('${value:patience}'), [])
})
