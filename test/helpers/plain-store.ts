/** A store over one connection, without a circuit: for what is asked of Redis, not for how it is reached. */

import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { type Script, type Store, StoreAway } from '../../src/services/redis/store.ts'

export interface PlainStore extends Store {
  readonly redis: Redis
}

/** Connects until the test is over; an answer that takes longer than the deadline is none. */
export function plainStore(t: ExecutionContext, port: number, deadline = 1_000): PlainStore {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    commandTimeout: deadline,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 20,
  })
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  const evaluate = async (
    { text, sha1 }: Script,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ) => {
    try {
      return await redis.evalsha(sha1, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return redis.eval(text, keys.length, ...keys, ...args)
    }
  }
  return {
    redis,
    run: (script, keys, args) =>
      evaluate(script, keys, args).catch((error) => Promise.reject(new StoreAway(String(error)))),
    slotOf: () => 0,
    get isAway() {
      return redis.status !== 'ready'
    },
    close: async () => redis.disconnect(),
  }
}
