/** `settings.state`: where requests are counted, in this process or in Redis for all nodes together. */

import { readDuration } from '../../core/duration.ts'
import { type Infer, integer, object, string, union } from '../../schema/builder.ts'
import { duration } from '../../schema/quantity.ts'
import type { RedisSettings } from '../redis/settings.ts'
import { readTarget } from '../redis/target.ts'
import { outgoingTls } from '../tls/outgoing.ts'

const user = string({ minLength: 1, description: 'The ACL user; the default one unless told.' })
const password = string({ minLength: 1, description: 'Its password.', examples: ['${secret:redis}'] })

export const redisSettingsSchema = object(
  {
    url: string({
      minLength: 1,
      description:
        'The server, as `rediss://` or `redis://`; `rediss+cluster://` for a cluster, `rediss+sentinel://HOSTS/MASTER` ' +
        'for the master that sentinels know, each with one host or several, separated by commas.',
      examples: ['rediss://redis.internal:6380'],
    }),
    'username?': user,
    'password?': password,
    ...outgoingTls,
    'sentinel?': object(
      { 'username?': user, 'password?': password },
      { description: 'Who calls the sentinels themselves; nobody in particular unless told.' },
    ),
    'prefix?': string({
      pattern: '^[A-Za-z0-9:._-]{1,64}$',
      title: 'letters, digits and `:._-`',
      description: 'What the names of all keys begin with; `portcullis` unless told.',
    }),
    'deadline?': duration('After this time requests are decided without an answer; 50ms unless told.', '50ms'),
    'nodes?': integer({
      minimum: 1,
      maximum: 10_000,
      description: 'How many nodes share the limits: without Redis each counts up to its share; 1 unless told.',
      examples: [4],
    }),
    'insecurePlain?': string({ minLength: 1, description: 'Why redis: to another machine is good enough.' }),
  },
  { description: 'Redis, shared by all nodes.' },
)

export const stateSettingsSchema = union(
  [string({ minLength: 1, description: '`memory`, or the URL of Redis.' }), redisSettingsSchema],
  {
    description:
      'Where limits, slots and revocations are kept: in `memory`, for this process alone, or in Redis for all nodes; ' +
      '`memory` unless told.',
    examples: ['memory'],
  },
)

export type WrittenState = Infer<typeof stateSettingsSchema>
export type WrittenRedis = Infer<typeof redisSettingsSchema>

/** With every default filled in. */
export interface StateSettings extends RedisSettings {
  /** How many nodes share the limits. */
  readonly nodes: number
}

/** The settings as an object; none for `memory`. */
export const writtenRedis = (written: WrittenState = 'memory'): WrittenRedis | undefined => {
  if (written === 'memory') return undefined
  return typeof written === 'string' ? { url: written } : written
}

/** Fills in the defaults; none where state is in this process. */
export function readStateSettings(written: WrittenState | undefined): StateSettings | undefined {
  const redis = writtenRedis(written)
  if (redis === undefined) return undefined
  const { url, ca, cert, key, serverName, sentinel, ...others } = redis
  const target = readTarget(url)
  // One that is still to be filled in is read at opening.
  if (typeof target === 'string') return undefined
  const { username = target.username, password = target.password } = others
  return {
    target: { ...target, username, password },
    ca,
    cert,
    key,
    serverName,
    sentinel: sentinel && { username: sentinel.username, password: sentinel.password },
    prefix: others.prefix ?? 'portcullis',
    deadline: readDuration(others.deadline ?? '50ms'),
    nodes: others.nodes ?? 1,
  }
}
