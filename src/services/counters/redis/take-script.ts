/** Takes, for all requests of one tick, what each asks of its limits: all of a request or nothing. */

import { scriptOf } from './script.ts'
import { usageLibrary } from './usage-library.ts'

/**
 * KEYS: one for each take, those of one request in a row. ARGV: how many limits there are, and four texts for each (the
 * algorithm, its rate, its unit, its burst); then for each key `(cost × 1024 + index of the limit) × 2`, and 1 more for the
 * last of a request. Answers with Redis's time, and for each key the units that remain, the milliseconds until its quota
 * is whole, and those until the take would fit.
 */
export const takeScript = scriptOf(`${usageLibrary}
local limits = {}
for i = 1, tonumber(ARGV[1]) do
  local at = i * 4 - 2
  limits[i] = {
    isWindow = ARGV[at] == 'sliding-window',
    rate = tonumber(ARGV[at + 1]),
    unit = tonumber(ARGV[at + 2]),
    burst = tonumber(ARGV[at + 3]),
  }
end
local codes = #limits * 4 + 1

local usages = readAll(KEYS)
local reply = { now }
local waits, costs, terms = {}, {}, {}
local first = 1
for i = 1, #KEYS do
  local code = tonumber(ARGV[codes + i])
  local isLast = code % 2 == 1
  code = floor(code / 2)
  local limit = limits[code % 1024 + 1]
  local cost = floor(code / 1024)
  local usage = usages[KEYS[i]]
  terms[i], costs[i] = limit, cost
  waits[i] = wait(usage, limit.burst - cost)
  if isLast then
    local allowed = true
    for each = first, i do
      if waits[each] > 0 then allowed = false end
    end
    for each = first, i do
      local key = KEYS[each]
      if allowed then usages[key] = charge(usages[key], terms[each], costs[each]) end
      usage = usages[key]
      reply[#reply + 1] = max(0, terms[each].burst - used(usage))
      reply[#reply + 1] = wait(usage, 0)
      reply[#reply + 1] = waits[each]
    end
    first = i + 1
  end
end
writeAll(usages)
return reply
`)
