/**
 * What a key has used, as Redis keeps it: the Lua that all scripts of limits begin with. It counts as memory does
 * (token-bucket.ts, sliding-window.ts), with three differences that the place asks for:
 *
 * - The time is Redis's, of which an epoch times a limit is no exact double: a bucket is whole units in use, and parts of
 *   one, at a time.
 * - That time may jump, as after a failover. Back, it takes along what was used: nothing is forgotten, and nobody is locked
 *   out until it has caught up. Ahead, it gives no more than the units of that time.
 * - A key is one string, so that reading all keys is one call, and writing one is another. It says by which numbers it is
 *   counted, so that a limit with other numbers takes along what is in use; and it expires when it is whole again.
 *
 * A bucket is `kind, rate, unit, whole, part, at`: `rate` parts flow back each millisecond, `unit` parts are one unit. A
 * window is `kind, period, total, last, count`, which are all units in it and those of its newest segment, used last at
 * `last`; and, oldest first, the time and count of each earlier segment.
 */
export const usageLibrary = `
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpackFrom = struct.pack, struct.unpack
local BUCKET, WINDOW = 1, 2
local bucketForm, windowForm, segmentForm = '<BI4dI4dd', '<BdI4dI4', '<dI4'
local bucketSize, windowSize, segmentSize = 33, 25, 12
local segments = 64
-- No time is told, and no key kept, for longer: 35,000 years.
local longest = 2 ^ 50

local clock = redis.call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)

local function flowBack(usage)
  local passed = now - usage.at
  usage.at = now
  if passed < 0 then usage.isChanged = true end
  if passed <= 0 then return usage end
  local units = floor(passed / usage.unit)
  local parts = (passed - units * usage.unit) * usage.rate
  local more = floor(parts / usage.unit)
  usage.whole = usage.whole - units * usage.rate - more
  usage.part = usage.part - (parts - more * usage.unit)
  if usage.part < 0 then
    usage.part = usage.part + usage.unit
    usage.whole = usage.whole - 1
  end
  if usage.whole >= 0 and usage.whole + usage.part > 0 then return usage end
end

local function shift(usage, by)
  local moved = {}
  for at = 1, #usage.older, segmentSize do
    local time, count = unpackFrom(segmentForm, usage.older, at)
    moved[#moved + 1] = pack(segmentForm, time - by, count)
  end
  usage.older = table.concat(moved)
  usage.last = usage.last - by
  usage.isChanged = true
end

local function leave(usage)
  if usage.last > now then shift(usage, usage.last - now) end
  if usage.last + usage.period <= now then return nil end
  local from = 1
  while from <= #usage.older do
    local time, count = unpackFrom(segmentForm, usage.older, from)
    if time + usage.period > now then break end
    usage.total = usage.total - count
    from = from + segmentSize
  end
  if from > 1 then usage.older = usage.older:sub(from) end
  return usage
end

-- Nothing where nothing is in use; what is of another version, or not ours, counts as that.
local function read(text)
  local kind = text and text:byte()
  if kind == BUCKET and #text == bucketSize then
    local _, rate, unit, whole, part, at = unpackFrom(bucketForm, text)
    return flowBack({ rate = rate, unit = unit, whole = whole, part = part, at = at })
  end
  if kind == WINDOW and #text >= windowSize then
    local _, period, total, last, count = unpackFrom(windowForm, text)
    local older = text:sub(windowSize + 1)
    return leave({ isWindow = true, period = period, total = total, last = last, count = count, older = older })
  end
end

local function readAll(keys)
  local usages = {}
  for i, text in ipairs(redis.call('MGET', unpack(keys))) do
    local key = keys[i]
    if usages[key] == nil then usages[key] = read(text) end
  end
  return usages
end

-- Whole units in use.
local function used(usage)
  if not usage then return 0 end
  if usage.isWindow then return usage.total end
  return usage.whole + (usage.part > 0 and 1 or 0)
end

-- Milliseconds until at most \`room\` units are in use.
local function wait(usage, room)
  if room < 0 then return longest end
  if not usage or used(usage) <= room then return 0 end
  if not usage.isWindow then
    return min(longest, ceil(((usage.whole - room) * usage.unit + usage.part) / usage.rate))
  end
  local left = usage.total
  for at = 1, #usage.older, segmentSize do
    local time, count = unpackFrom(segmentForm, usage.older, at)
    left = left - count
    if left <= room then return min(longest, time + usage.period - now) end
  end
  return min(longest, usage.last + usage.period - now)
end

local function segmentOf(time, period)
  return floor(time / (period / segments))
end

local function chargeWindow(usage, limit, cost)
  local period = limit.unit
  if not usage or not usage.isWindow or usage.period ~= period then
    local total = used(usage) + cost
    return { isWindow = true, isChanged = true, period = period, total = total, last = now, count = total, older = '' }
  end
  if segmentOf(usage.last, period) ~= segmentOf(now, period) then
    usage.older = usage.older .. pack(segmentForm, usage.last, usage.count)
    usage.count = 0
  end
  usage.total, usage.count, usage.last, usage.isChanged = usage.total + cost, usage.count + cost, now, true
  return usage
end

local function chargeBucket(usage, limit, cost)
  local rate, unit = limit.rate, limit.unit
  if not usage or usage.isWindow then
    return { isChanged = true, rate = rate, unit = unit, whole = used(usage) + cost, part = 0, at = now }
  end
  if usage.rate ~= rate or usage.unit ~= unit then
    usage.part = ceil(usage.part / usage.unit * unit)
    usage.rate, usage.unit = rate, unit
  end
  usage.whole, usage.isChanged = usage.whole + cost, true
  if usage.part >= unit then usage.whole, usage.part = usage.whole + 1, 0 end
  return usage
end

local function charge(usage, limit, cost)
  if limit.isWindow then return chargeWindow(usage, limit, cost) end
  return chargeBucket(usage, limit, cost)
end

local function giveBackToWindow(usage, cost, takenAt)
  local segment = segmentOf(takenAt, usage.period)
  if segmentOf(usage.last, usage.period) == segment then
    local units = min(cost, usage.count)
    usage.count, usage.total, usage.isChanged = usage.count - units, usage.total - units, true
    return
  end
  for at = 1, #usage.older, segmentSize do
    local time, count = unpackFrom(segmentForm, usage.older, at)
    if segmentOf(time, usage.period) == segment then
      local units = min(cost, count)
      local kept = pack(segmentForm, time, count - units)
      usage.older = usage.older:sub(1, at - 1) .. kept .. usage.older:sub(at + segmentSize)
      usage.total, usage.isChanged = usage.total - units, true
      return
    end
  end
end

local function giveBack(usage, cost, takenAt)
  if usage.isWindow then return giveBackToWindow(usage, cost, takenAt) end
  usage.whole, usage.isChanged = usage.whole - cost, true
  if usage.whole < 0 then usage.whole, usage.part = 0, 0 end
end

local function write(usage)
  if usage.isWindow then
    return pack(windowForm, WINDOW, usage.period, usage.total, usage.last, usage.count) .. usage.older
  end
  return pack(bucketForm, BUCKET, usage.rate, usage.unit, usage.whole, usage.part, usage.at)
end

local function writeAll(usages)
  for key, usage in pairs(usages) do
    if usage.isChanged then redis.call('SET', key, write(usage), 'PX', max(1, wait(usage, 0))) end
  end
end
`
