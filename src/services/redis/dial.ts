/** Clients of Redis that live as long as one connection: whoever loses one decides when to dial anew. */

import type { Cluster, DNSLookupFunction, Redis, RedisOptions } from 'ioredis'
import { outgoingOptions } from '../tls/outgoing.ts'
import type { Client } from './evaluate.ts'
import type { RedisSettings } from './settings.ts'
import type { Address } from './target.ts'

/** Milliseconds for a TCP connection, and for an answer of a sentinel. */
const connectTimeout = 1_000
/** Milliseconds after which a connection that is given up is gone. */
const disconnectTimeout = 100

/**
 * Begins to connect, by the hosts in their order; `ready` or `end` tells what became of it. The library is loaded by the
 * first who dials.
 */
export async function dial(settings: RedisSettings, hosts: readonly Address[]): Promise<Client> {
  const ioredis = await import('ioredis')
  const { kind } = settings.target
  if (kind === 'cluster') return dialCluster(ioredis.Cluster, [settings, hosts])
  const [{ host, port } = {}] = hosts
  return new ioredis.Redis({
    ...commonOptions(settings, kind === 'server' ? host : undefined),
    ...(kind === 'sentinel' ? sentinelOptions(settings, hosts) : { host: host ?? '', port: port ?? 0 }),
    // An answer now, or none: what waits for a connection is asked too late, and what is sent again is counted twice.
    enableOfflineQueue: false,
    retryStrategy: null,
  })
}

/** Asks for no right that scripts do not need: neither HELLO, INFO nor CLIENT SETINFO. */
const plainHandshake = {
  connectionName: 'portcullis',
  protocol: 2,
  enableReadyCheck: false,
  disableClientInfo: true,
} as const satisfies RedisOptions

/** `host` where it is known who is called. */
function commonOptions(settings: RedisSettings, host?: string) {
  const { username, password, database, isEncrypted } = settings.target
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db: database,
    ...plainHandshake,
    connectTimeout,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disconnectTimeout,
    ...(isEncrypted && { tls: outgoingOptions(settings, host) }),
  } satisfies RedisOptions
}

function sentinelOptions(settings: RedisSettings, hosts: readonly Address[]) {
  const { target, sentinel } = settings
  return {
    sentinels: hosts.map((host) => ({ ...host })),
    name: target.master,
    ...(sentinel?.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(target.isEncrypted && { sentinelTLS: outgoingOptions(settings), enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: connectTimeout,
    sentinelRetryStrategy: () => null,
  } satisfies RedisOptions
}

/** For clients of the sentinels themselves, which come back for as long as they are not told to end. */
export const sentinelClients = (settings: RedisSettings) =>
  settings.target.hosts.map(
    (host) =>
      ({
        ...host,
        ...(settings.sentinel?.username !== undefined && { username: settings.sentinel.username }),
        ...(settings.sentinel?.password !== undefined && { password: settings.sentinel.password }),
        ...(settings.target.isEncrypted && { tls: outgoingOptions(settings, host.host) }),
        ...plainHandshake,
        connectTimeout,
        disconnectTimeout,
        // Looking up a name may hang: not more often than lookups end.
        retryStrategy: (times: number) => Math.min(1_000 * 2 ** times, 60_000),
        maxRetriesPerRequest: null,
      }) satisfies RedisOptions,
  )

function dialCluster(
  Constructor: typeof Cluster,
  [settings, hosts]: readonly [RedisSettings, readonly Address[]],
): Cluster {
  const seeds = hosts.map((host) => ({ ...host }))
  const cluster = new Constructor(seeds, clusterOptions(settings))
  // Before the first request, which would wait for it; and nobody else tells why a server cannot be reached.
  cluster.on('+node', (node: Redis) => node.options.readOnly || node.connect().catch(noop))
  return cluster
}

const noop = (): void => {}

function clusterOptions(settings: RedisSettings) {
  return {
    // Names stay names: certificates are made out to them.
    dnsLookup: keepName,
    clusterRetryStrategy: () => null,
    enableReadyCheck: false,
    // What might have been done already is not sent again.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 10,
    maxRedirections: 4,
    redisOptions: commonOptions(settings),
  }
}

const keepName: DNSLookupFunction = (host, done) => done(null, host)

/** Ends a client at once, whether the other side answers or not. */
export function hangUp(client: Client): void {
  if ('nodes' in client) for (const node of client.nodes()) hangUp(node)
  client.disconnect()
  if ('stream' in client) (client as Redis).stream?.destroy()
}
