/** The keys of session tickets: the same for the processes of a node, others each hour, and no way back. */

import test from 'ava'
import { newTicketSeed, TicketKeys } from '../../../src/server/tls/ticket-keys.ts'

const hour = 3_600_000
const start = 1_000 * hour

test('processes that start at different hours come to the same keys', (t) => {
  const primary = new TicketKeys(newTicketSeed(start))
  const early = new TicketKeys(primary.seed(start))
  const keys = [0, 1, 2, 3].map((hours) => early.at(start + hours * hour).toString('hex'))
  t.is(new Set(keys).size, 4)
  const late = new TicketKeys(primary.seed(start + 2 * hour))
  t.deepEqual(
    [2, 3].map((hours) => late.at(start + hours * hour).toString('hex')),
    keys.slice(2),
  )
  t.is(early.at(start).length, 48)
})

test('a clock that is set back changes nothing, and one that jumps takes no time', (t) => {
  const keys = new TicketKeys(newTicketSeed(start))
  const now = keys.at(start + hour)
  t.deepEqual(keys.at(start), now)
  t.notDeepEqual(keys.at(start + 1e9 * hour), now)
})

test('who trusts other authorities has other keys', (t) => {
  const keys = new TicketKeys(newTicketSeed(start))
  t.notDeepEqual(keys.at(start, 'one'), keys.at(start, 'other'))
  t.deepEqual(keys.at(start, 'one'), keys.at(start, 'one'))
})
