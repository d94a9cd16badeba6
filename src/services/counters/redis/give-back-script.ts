/** Gives back what was taken for a request that was refused elsewhere. */

import { scriptOf } from './script.ts'
import { usageLibrary } from './usage-library.ts'

/**
 * KEYS: one for each take. ARGV: the time at which they were taken, as Redis told it; then the cost of each. A window has
 * only units back from the segment in which they were used: from another they would be missed before their time is over.
 */
export const giveBackScript = scriptOf(`${usageLibrary}
local takenAt = tonumber(ARGV[1])
local usages = readAll(KEYS)
for i = 1, #KEYS do
  local usage = usages[KEYS[i]]
  if usage then giveBack(usage, tonumber(ARGV[i + 1]), takenAt) end
end
writeAll(usages)
return now
`)
