/**
 * What is kept in Redis of revocations: the entries, their order, when each is forgotten, and marks of the latest writes.
 * A node that has read up to a mark which is there no more has read another history, and reads, and offers, everything.
 */

import { createHash } from 'node:crypto'
import type { Script } from '../redis/store.ts'

/** In one slot of a cluster; none of them expires, for what is evicted is revoked no more. */
export const keysOfRevocation = (prefix: string): readonly string[] =>
  ['entries', 'order', 'ends', 'marks'].map((part) => `${prefix}:revocation:{all}:${part}`)

/** What is left of an eviction, or of a hand that deletes, is no list: the nodes bring theirs. */
const opening = `
local entries, order, ends, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local count = redis.call('HLEN', entries)
if count ~= redis.call('ZCARD', order) or count ~= redis.call('ZCARD', ends) then
  redis.call('DEL', entries, order, ends, marks)
end
`

const scriptOf = (body: string): Script => {
  const text = `${opening}${body}`
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/**
 * Adds entries. Arguments: how many of tokens and users there may be, a random mark, and for each entry its key, until when
 * its tokens were issued, and when it is forgotten. Answers for each 0 where there was no room, 1 where it is new, and 2 where
 * all that it says was there.
 */
export const addScript = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local gone = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 1000)
if #gone > 0 then
  redis.call('HDEL', entries, unpack(gone))
  redis.call('ZREM', order, unpack(gone))
  redis.call('ZREM', ends, unpack(gone))
end
local function last(key)
  return tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or 0)
end
local before = math.max(last(order), last(marks))
local place = before
local kept = {}
for i = 3, #ARGV, 3 do
  local key, issued, forgotten = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local known = redis.call('HGET', entries, key)
  local isNew = true
  if known then
    local knownIssued, knownForgotten = string.match(known, '^(%d+) (%d+)$')
    isNew = issued > tonumber(knownIssued) or forgotten > tonumber(knownForgotten)
    issued = math.max(issued, tonumber(knownIssued))
    forgotten = math.max(forgotten, tonumber(knownForgotten))
  end
  local isOfMany = string.find(key, '^[gtus]')
  if not known and isOfMany and redis.call('HLEN', entries) >= tonumber(ARGV[1]) then
    kept[#kept + 1] = 0
  else
    if not isNew or forgotten <= now then
      kept[#kept + 1] = 2
    else
      place = place + 1
      redis.call('HSET', entries, key, string.format('%.0f %.0f', issued, forgotten))
      redis.call('ZADD', order, place, key)
      redis.call('ZADD', ends, forgotten, key)
      kept[#kept + 1] = 1
    end
  end
end
if place > before then
  redis.call('ZADD', marks, place, ARGV[2])
  redis.call('ZREMRANGEBYRANK', marks, 0, -1001)
end
return kept
`)

/**
 * Reads on. Arguments: the mark that was read last, or nothing; the place up to which was read; how many entries at most.
 * Answers the latest mark, the place up to which is read now, and for each entry its key and its value; nothing at all where
 * the mark is not there.
 */
export const readScript = scriptOf(`
if ARGV[1] ~= '' and not redis.call('ZSCORE', marks, ARGV[1]) then return {} end
local found = redis.call('ZRANGEBYSCORE', order, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = { redis.call('ZRANGE', marks, -1, -1)[1] or '', found[#found] or ARGV[2] }
for i = 1, #found, 2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = redis.call('HGET', entries, found[i])
end
return answer
`)
