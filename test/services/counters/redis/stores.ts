/** Stores for tests of the counters: a bare one over ioredis, and such as hold the clock or fail. */

import { hash } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Script, type Store, StoreAway } from '../../../../src/services/redis/store.ts'

/** A Redis without deadline or circuit. */
export function bareStore(port: number): Store {
  const redis = new Redis({ port, maxRetriesPerRequest: 1 })
  redis.on('error', () => {})
  return {
    run: async ({ text, sha1 }, keys, args) => {
      try {
        return await redis.evalsha(sha1, keys.length, ...keys, ...args)
      } catch (error) {
        if (!String(error).includes('NOSCRIPT')) throw error
        return redis.eval(text, keys.length, ...keys, ...args)
      }
    },
    slotOf: () => 0,
    isAway: false,
    close: async () => redis.disconnect(),
  }
}

/** Scripts see the time that `now` tells, in milliseconds, in place of Redis's own. */
export const atTime = (store: Store, now: () => number): Store => ({
  ...store,
  run: (script, keys, args) => store.run(stopped(script, now()), keys, args),
})

function stopped({ text }: Script, now: number): Script {
  const [seconds, microseconds] = [Math.floor(now / 1000), (now % 1000) * 1000]
  const told = text.replace(`redis.call('TIME')`, `{ '${seconds}', '${microseconds}' }`)
  if (told === text) throw new Error('the script does not ask for the time')
  return { text: told, sha1: hash('sha1', told) }
}

/** Fails for as long as `fails` says so. */
export const failing = (store: Store, fails: () => boolean): Store => ({
  ...store,
  run: async (script, keys, args) => {
    if (fails()) throw new StoreAway('gone')
    return store.run(script, keys, args)
  },
})

/** The slot is told by the key, as if it were a cluster. */
export const slotted = (store: Store, slotOf: (key: string) => number): Store => ({ ...store, slotOf })
