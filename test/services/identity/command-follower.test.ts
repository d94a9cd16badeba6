/** What a process makes of revocations that it reads in the database. */

import test from 'ava'
import { Reread } from '../../../src/services/database/reread.ts'
import { CommandFollower } from '../../../src/services/identity/command-follower.ts'
import { createLog } from '../../../src/services/log.ts'
import { Metrics } from '../../../src/services/metrics.ts'
import { type Entry, sessionEntry } from '../../../src/services/revocation/entry.ts'
import { RevocationList } from '../../../src/services/revocation/revocation-list.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

test('what it revoked itself, or heard of by Redis, it tells nobody again', async (t) => {
  const clock = new HandClock()
  const list = new RevocationList(clock, new Metrics())
  const now = clock.now()
  const entryOf = (id: string, life: number) => sessionEntry('urn:portcullis:shop', id, { now, until: now + life })
  const [own, prolonged, foreign] = [entryOf('own', 1_000), entryOf('prolonged', 2_000), entryOf('foreign', 1_000)]
  list.add(own)
  list.add(entryOf('prolonged', 1_000))
  const told: Entry[] = []
  const revocation = {
    holds: (entry: Entry) => list.holds(entry),
    revoke: async (entry: Entry) => {
      told.push(entry)
      return 'stored' as const
    },
  }
  const readOn = async (place: number) => ({ entries: place === 0 ? [own, prolonged, foreign] : [], place: 3 })
  const reread = () => new Reread({ dataVersion: async () => undefined }, clock)
  const follower = new CommandFollower({
    store: { revocations: { readOn }, outbox: { isEmpty: async () => true }, reread } as never,
    audit: { isKept: false } as never,
    revocation,
    log: createLog({ pretty: false, level: 'error' }),
    away: () => t.fail(),
  })
  await follower.start()
  await follower.close()
  t.deepEqual(told, [prolonged, foreign])
})
