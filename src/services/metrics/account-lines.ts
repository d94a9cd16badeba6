/** What was counted of accounts, as Prometheus reads it; nothing where this server has none. */

import type { AccountTally } from './account-tally.ts'
import { families } from './families.ts'
import type { Histogram } from './histogram.ts'
import { writeBuckets, writeFamily, writeSample } from './text-format.ts'

const { logins, refreshes, hashesWaiting, hashesRefused, hashDurations } = families

export function writeAccounts(tally: AccountTally | undefined): string {
  if (tally === undefined) return ''
  const { waiting, tally: hashes } = tally.hasher
  return [
    writeFamily(logins, tally.logins.write(logins.name)),
    writeFamily(refreshes, tally.refreshes.write(refreshes.name)),
    writeFamily(hashesWaiting, writeSample(hashesWaiting.name, '', waiting)),
    writeFamily(hashesRefused, writeSample(hashesRefused.name, '', hashes.refused)),
    writeFamily(hashDurations, writeHistogram(hashDurations.name, hashes.took)),
  ].join('')
}

function writeHistogram(name: string, { buckets, bounds, seconds }: Histogram): string {
  const { samples, count } = writeBuckets(name, '', buckets, bounds)
  return `${samples}${writeSample(`${name}_sum`, '', seconds)}${writeSample(`${name}_count`, '', count)}`
}
