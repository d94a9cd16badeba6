/** A real Redis Cluster of three masters without replicas: what one of them had is gone with it, and the others go on. */

import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { until } from './until.ts'

export interface ClusterNode extends RedisServer {
  readonly id: string
  /** The port by which nodes talk to one another. */
  readonly bus: number
  readonly tlsPort: number | undefined
  readonly admin: Redis
}

export interface RedisCluster {
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode]
  /** With every node; by TLS where it was asked for. */
  readonly url: string
  /** Gives a slot, with all keys in it, to another node, as a resharding does. */
  move(slot: number, from: ClusterNode, to: ClusterNode): Promise<void>
}

/** The node with this number has the slots from here to the one below the next. */
const firstSlots = [0, 5461, 10_923, 16_384]

interface ClusterOptions {
  /** Further settings, as in `redis.conf`. */
  readonly config?: readonly string[]
  /** Settings for TLS: then nodes tell clients the name `localhost`. */
  readonly tls?: readonly string[]
}

export async function startCluster(t: ExecutionContext, options: ClusterOptions = {}): Promise<RedisCluster> {
  const starting = [0, 1, 2].map((index) =>
    // Another process may have taken a port meanwhile.
    startNode(t, index, options).catch(() => startNode(t, index, options)),
  )
  const nodes = (await Promise.all(starting)) as unknown as [ClusterNode, ClusterNode, ClusterNode]
  const [first, ...others] = nodes
  for (const { port, tlsPort, bus } of others)
    await first.admin.call('CLUSTER', 'MEET', '127.0.0.1', tlsPort ?? port, bus)
  for (const { admin } of nodes) await until(async () => (await stateOf(admin)) === 'ok 3' && (await knowsNames(admin)))
  return { nodes, url: urlOf(nodes), move: (slot, from, to) => move(nodes, slot, [from, to]) }
}

const urlOf = (nodes: readonly ClusterNode[]): string =>
  nodes[0]?.tlsPort === undefined
    ? `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
    : `rediss+cluster://${nodes.map(({ tlsPort }) => `localhost:${tlsPort}`).join(',')}`

async function startNode(t: ExecutionContext, index: number, { config = [], tls }: ClusterOptions) {
  const bus = await freePort()
  const tlsPort = tls && (await freePort())
  const named = ['tls-cluster yes', 'cluster-announce-hostname localhost', 'cluster-preferred-endpoint-type hostname']
  const secure = tls ? [...tls, `tls-port ${tlsPort}`, ...named] : []
  const server = await startRedis(t, {
    config: [
      'cluster-enabled yes',
      `cluster-port ${bus}`,
      'cluster-node-timeout 1000',
      'cluster-require-full-coverage no',
      ...secure,
      ...config,
    ],
  })
  const admin = new Redis({ port: server.port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', firstSlots[index] ?? 0, (firstSlots[index + 1] ?? 0) - 1)
  const id = String(await admin.call('CLUSTER', 'MYID'))
  return { ...server, admin, id, bus, tlsPort }
}

/** Whether a node takes requests, and how many it knows that have slots. */
async function stateOf(admin: Redis): Promise<string> {
  const info = String(await admin.call('CLUSTER', 'INFO'))
  return `${/cluster_state:(\w+)/.exec(info)?.[1]} ${/cluster_size:(\d+)/.exec(info)?.[1]}`
}

/** Names that a node has not been told yet are question marks. */
const knowsNames = async (admin: Redis): Promise<boolean> =>
  !JSON.stringify(await admin.call('CLUSTER', 'SLOTS')).includes('"?"')

async function move(all: readonly ClusterNode[], slot: number, [from, to]: readonly [ClusterNode, ClusterNode]) {
  await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
  await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
  const keys = (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as string[]
  if (keys.length > 0) await from.admin.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys)
  for (const { admin } of [to, from, ...all.filter((node) => node !== to && node !== from)])
    await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id)
}
