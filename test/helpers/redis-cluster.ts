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
  readonly admin: Redis
}

export interface RedisCluster {
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode]
  /** `rediss+cluster` without TLS, with every node. */
  readonly url: string
  /** Gives a slot, with all keys in it, to another node, as a resharding does. */
  move(slot: number, from: ClusterNode, to: ClusterNode): Promise<void>
}

/** The node with this number has the slots from here to the one below the next. */
const firstSlots = [0, 5461, 10_923, 16_384]

export async function startCluster(t: ExecutionContext, config: readonly string[] = []): Promise<RedisCluster> {
  const nodes = (await Promise.all([0, 1, 2].map((index) => startNode(t, index, config)))) as unknown as [
    ClusterNode,
    ClusterNode,
    ClusterNode,
  ]
  const [first, ...others] = nodes
  for (const { port, bus } of others) await first.admin.call('CLUSTER', 'MEET', '127.0.0.1', port, bus)
  for (const { admin } of nodes) await until(async () => (await stateOf(admin)) === 'ok 3')
  const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  return { nodes, url, move: (slot, from, to) => move(nodes, slot, [from, to]) }
}

async function startNode(t: ExecutionContext, index: number, config: readonly string[]) {
  const bus = await freePort()
  const server = await startRedis(t, {
    config: [
      'cluster-enabled yes',
      `cluster-port ${bus}`,
      'cluster-node-timeout 1000',
      'cluster-require-full-coverage no',
      ...config,
    ],
  })
  const admin = new Redis({ port: server.port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', firstSlots[index] ?? 0, (firstSlots[index + 1] ?? 0) - 1)
  const id = String(await admin.call('CLUSTER', 'MYID'))
  return { ...server, admin, id, bus }
}

/** Whether a node takes requests, and how many it knows that have slots. */
async function stateOf(admin: Redis): Promise<string> {
  const info = String(await admin.call('CLUSTER', 'INFO'))
  return `${/cluster_state:(\w+)/.exec(info)?.[1]} ${/cluster_size:(\d+)/.exec(info)?.[1]}`
}

async function move(all: readonly ClusterNode[], slot: number, [from, to]: readonly [ClusterNode, ClusterNode]) {
  await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
  await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
  const keys = (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as string[]
  if (keys.length > 0) await from.admin.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys)
  for (const { admin } of [to, from, ...all.filter((node) => node !== to && node !== from)])
    await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id)
}
