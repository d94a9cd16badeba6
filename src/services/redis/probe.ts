/** Asks a server for what limits ask of it: the time, to read keys and to write one. What hinders them hinders the probe. */

import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { type Client, evaluate } from './evaluate.ts'
import { othersAnswer } from './refusals.ts'
import type { Script } from './store.ts'

const text = `
local time = redis.call('TIME')
redis.call('MGET', KEYS[1])
redis.call('SET', KEYS[1], time[1], 'PX', 60000)
return ARGV[1]
`

const script: Script = Object.freeze({ text, sha1: hash('sha1', text) })

/** The milliseconds that the answer took. */
export async function probe(client: Client, key: string, clock: Clock): Promise<number> {
  const askedAt = clock.monotonic()
  const word = `${askedAt}`
  if ((await evaluate(client, script, [1, key, word])) !== word) throw new Error(othersAnswer)
  return clock.monotonic() - askedAt
}
