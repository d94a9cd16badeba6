/**
 * One key of a pool in Redis: who holds a slot until when, who waits in which order, and which sessions with waiting requests
 * are alive. A node settles with it, in one script, all that has happened there since the last time.
 */

import { digestOf } from '../redis/digest.ts'
import { scriptOf } from '../redis/script.ts'

/** What one node has to say and to ask, of one key. */
export interface Step {
  /** Milliseconds that a lease lives unless it is renewed. */
  readonly life: number
  readonly max: number
  /** Places in the queue. */
  readonly places: number
  /** `NODE.NUMBER`; every id begins with it, and a `:`. */
  readonly session: string
  /** Whether earlier sessions of this node are over, with all that they held and waited for. */
  readonly forgets: boolean
  /** Whether tickets of this session are in the queue beside those of this step. */
  readonly isKnown: boolean
  /** Ids that hold and wait no more. */
  readonly gone: readonly string[]
  /** Ids that hold a slot, and go on doing so whatever Redis knows of them. */
  readonly held: readonly string[]
  /** Tickets that want a slot, in their order; 0 for one that has none yet. */
  readonly waiting: readonly { readonly id: string; readonly order: number }[]
}

/** In one slot of a cluster, and without a name: the digest of limit and key. */
export function keysOfSlots(prefix: string, limit: string, key: string): readonly string[] {
  const tag = digestOf(`${limit.length}:${limit}${key}`)
  return ['held', 'queue', 'sessions'].map((part) => `${prefix}:slots:{${tag}}:${part}`)
}

export const argumentsOf = (step: Step): readonly (string | number)[] => [
  ...[step.life, step.max, step.places, step.session, Number(step.forgets), Number(step.isKnown)],
  ...[step.gone.length, step.held.length],
  ...step.gone,
  ...step.held,
  ...step.waiting.flatMap(({ id, order }) => [id, order]),
]

/** What the script answers for a ticket that holds a slot now, and for one that there is no place for; else its order. */
export const holds = 0
export const isFull = -1
/** In place of all answers: the queue has lost the tickets of this session. */
export const isLost = -2

/** Milliseconds after which a session that waits, and is not heard of, has left the queue. */
const patience = 2_000
/** Milliseconds after which a queue that nobody asks for is gone. */
const abandoned = 10_000

const text = `
local held, queue, sessions = KEYS[1], KEYS[2], KEYS[3]
local life, max, places, session = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local isKnown = ARGV[6] == '1'
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)

local function drop(key, isOver)
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if isOver(string.match(id, '^[^:]*')) then redis.call('ZREM', key, id) end
  end
end

redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
local dead = redis.call('ZRANGEBYSCORE', sessions, '-inf', now)
if #dead > 0 then
  local isDead = {}
  for _, name in ipairs(dead) do isDead[name] = true end
  drop(queue, function(name) return isDead[name] end)
  redis.call('ZREMRANGEBYSCORE', sessions, '-inf', now)
end
if ARGV[5] == '1' then
  local node = string.match(session, '^[^.]*')
  local function isOver(name) return name ~= session and string.match(name, '^[^.]*') == node end
  drop(held, isOver)
  drop(queue, isOver)
  drop(sessions, isOver)
end

local at = 9
for i = at, at + ARGV[7] - 1 do
  redis.call('ZREM', held, ARGV[i])
  redis.call('ZREM', queue, ARGV[i])
end
at = at + ARGV[7]
for i = at, at + ARGV[8] - 1 do redis.call('ZADD', held, now + life, ARGV[i]) end
at = at + ARGV[8]

local free = math.max(0, max - redis.call('ZCARD', held))
local queued = redis.call('ZCARD', queue)
local waits = isKnown

local function place_of(id, order)
  if order == 0 then return queued end
  queued = queued + redis.call('ZADD', queue, string.format('%.0f', order), id)
  return redis.call('ZRANK', queue, id)
end

local function hold(id, order)
  if order > 0 then queued = queued - redis.call('ZREM', queue, id) end
  redis.call('ZADD', held, now + life, id)
  free = free - 1
  return '${holds}'
end

local function line_up(id)
  local last = tonumber(redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2] or 0)
  local order = math.max(micros, last + 1)
  queued = queued + redis.call('ZADD', queue, string.format('%.0f', order), id)
  return order
end

local function settle(id, order)
  local ahead = place_of(id, order)
  if ahead < free then return hold(id, order) end
  if order == 0 and ahead - free >= places then return '${isFull}' end
  waits = true
  return string.format('%.0f', order == 0 and line_up(id) or order)
end

local answers = {}
if isKnown and not redis.call('ZSCORE', sessions, session) then
  answers[1] = '${isLost}'
else
  for i = at, #ARGV, 2 do answers[#answers + 1] = settle(ARGV[i], tonumber(ARGV[i + 1])) end
end

redis.call('PEXPIRE', held, life)
if waits then
  redis.call('ZADD', sessions, now + ${patience}, session)
  redis.call('PEXPIRE', queue, ${abandoned})
  redis.call('PEXPIRE', sessions, ${abandoned})
else
  redis.call('ZREM', sessions, session)
end
return answers
`

/** Answers for every ticket that waits, in order. */
export const stepScript = scriptOf(text)
