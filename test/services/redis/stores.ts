/** Stores as `serve` opens them, and what tests ask of them. */

import { hash } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { systemClock } from '../../../src/services/clock.ts'
import { type OpenedStore, openStore } from '../../../src/services/redis/open-store.ts'
import type { RedisSettings } from '../../../src/services/redis/settings.ts'
import type { Script } from '../../../src/services/redis/store.ts'
import { readTarget } from '../../../src/services/redis/target.ts'
import { notedWorld } from '../../helpers/noted-world.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'

export interface Opened {
  readonly store: OpenedStore
  readonly world: ReturnType<typeof notedWorld>
  /** The messages that were logged, each with its reason where it has one. */
  logged(): readonly string[]
}

/** Opens a store until the test ends. The deadline is long enough for a machine that is busy otherwise. */
export async function open(t: ExecutionContext, url: string, given: Partial<RedisSettings> = {}): Promise<Opened> {
  const noted = notedWorld()
  const store = await openStore(settingsOf(url, given), { ...noted, clock: systemClock })
  t.teardown(() => store.close())
  return { store, world: noted, logged: () => noted.lines.map(messageOf) }
}

export function settingsOf(url: string, given: Partial<RedisSettings> = {}): RedisSettings {
  const target = readTarget(url)
  if (typeof target === 'string') throw new Error(target)
  const secure = { ca: undefined, cert: undefined, key: undefined, serverName: undefined }
  return { target, ...secure, sentinel: undefined, prefix: 'portcullis', deadline: 1_000, ...given }
}

function messageOf(line: string): string {
  const { msg, reason } = JSON.parse(line) as { readonly msg: string; readonly reason?: string }
  return reason === undefined ? msg : `${msg}: ${reason}`
}

/** A server, and a client beside the store that looks at it. */
export async function startServer(t: ExecutionContext, config: readonly string[] = []) {
  const server = await startRedis(t, { config })
  return { ...server, url: `redis://127.0.0.1:${server.port}`, admin: adminOf(t, server) }
}

export function adminOf(t: ExecutionContext, { port }: Pick<RedisServer, 'port'>): Redis {
  const admin = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return admin
}

/** The id of its process. */
export async function pidOf(admin: Redis): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1])
}

export const scriptOf = (text: string): Script => ({ text, sha1: hash('sha1', text) })

/** Counts its runs in its key, and answers with what it was given: whoever gets another's answer finds out. */
const echo = scriptOf(`redis.call('INCR', KEYS[1]) return ARGV[1]`)

export const ask = (store: OpenedStore, word = 'word', key = 'portcullis:{a}') => store.run(echo, [key], [word])

/** Whether it answers. */
export const answers = (store: OpenedStore): Promise<boolean> =>
  ask(store, 'probe').then(
    (reply) => reply === 'probe',
    () => false,
  )
