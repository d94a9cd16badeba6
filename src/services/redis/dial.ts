/** Clients of Redis that live as long as one connection: whoever loses one decides when to dial anew. */

import type { ConnectionOptions } from 'node:tls'
import type { Cluster, DNSLookupFunction, Redis, RedisOptions } from 'ioredis'
import type { Client } from './evaluate.ts'
import type { RedisSettings } from './settings.ts'

/** Milliseconds for a TCP connection, and for an answer of a sentinel. */
const connectTimeout = 1_000
/** Milliseconds after which a connection that is given up is gone. */
const disconnectTimeout = 100

/**
 * Begins to connect; `ready` or `end` tells what became of it. The library is loaded by the first who dials. Each time
 * another sentinel is asked first: one that hangs takes all the time that there is.
 */
export async function dial(settings: RedisSettings, time: number): Promise<Client> {
  const ioredis = await import('ioredis')
  const { target } = settings
  if (target.kind === 'cluster') return dialCluster(ioredis.Cluster, settings)
  const [{ host, port } = {}] = target.hosts
  return new ioredis.Redis({
    ...commonOptions(settings),
    ...(target.kind === 'sentinel' ? sentinelOptions(settings, time) : { host: host ?? '', port: port ?? 0 }),
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

function commonOptions({ target, ca, serverName }: RedisSettings) {
  const { username, password, database, isEncrypted } = target
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db: database,
    ...plainHandshake,
    connectTimeout,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disconnectTimeout,
    ...(isEncrypted && { tls: secureOptions(ca, serverName) }),
  } satisfies RedisOptions
}

const secureOptions = (ca: string | undefined, serverName: string | undefined): ConnectionOptions => ({
  minVersion: 'TLSv1.2',
  ...(ca !== undefined && { ca }),
  ...(serverName !== undefined && { servername: serverName }),
})

function sentinelOptions({ target, ca, serverName, sentinel }: RedisSettings, time: number) {
  const first = time % target.hosts.length
  return {
    sentinels: [...target.hosts.slice(first), ...target.hosts.slice(0, first)].map((host) => ({ ...host })),
    name: target.master,
    ...(sentinel?.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(target.isEncrypted && { sentinelTLS: secureOptions(ca, serverName), enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: connectTimeout,
    sentinelRetryStrategy: () => null,
  } satisfies RedisOptions
}

/** For clients of the sentinels themselves, which come back for as long as they are not told to end. */
export const sentinelClients = ({ target, ca, serverName, sentinel }: RedisSettings) =>
  target.hosts.map(
    (host) =>
      ({
        ...host,
        ...(sentinel?.username !== undefined && { username: sentinel.username }),
        ...(sentinel?.password !== undefined && { password: sentinel.password }),
        ...(target.isEncrypted && { tls: secureOptions(ca, serverName) }),
        ...plainHandshake,
        connectTimeout,
        disconnectTimeout,
        retryStrategy: () => 2_000,
        maxRetriesPerRequest: null,
      }) satisfies RedisOptions,
  )

function dialCluster(Constructor: typeof Cluster, settings: RedisSettings): Cluster {
  const hosts = settings.target.hosts.map((host) => ({ ...host }))
  const cluster = new Constructor(hosts, clusterOptions(settings))
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
