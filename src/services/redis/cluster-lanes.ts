/** The lanes of a cluster: one to each server that has slots, so that the fault of one is not that of all. */

import type { Cluster } from 'ioredis'
import type { Connection } from './connection.ts'
import { hangUp } from './dial.ts'
import { keySlot } from './key-slot.ts'
import { Lane, type LaneParts } from './lane.ts'
import { probe } from './probe.ts'

type Shared = Pick<LaneParts, 'world' | 'deadline' | 'signal'>

/** Slots come by chance: the one slot of a server that has no more is found in so many tries, but for one time in a million. */
const mostTries = 16_384 * 14

export class ClusterLanes {
  readonly #connection: Connection
  readonly #prefix: string
  readonly #shared: Shared
  readonly #lanes = new Map<string, Lane>()
  /** The keys of probes, by server: looked for once, and again when their slots have moved. */
  readonly #keys = new Map<string, string>()

  constructor(connection: Connection, prefix: string, shared: Shared) {
    this.#connection = connection
    this.#prefix = prefix
    this.#shared = shared
  }

  /** The lane to the server that has the key; none for a slot that nobody has. */
  laneOf(cluster: Cluster, key: string): Lane | undefined {
    const server = serverOf(cluster, key)
    return server === undefined ? undefined : (this.#lanes.get(server) ?? this.#make(server))
  }

  /** Connects to every server, for the first request of each would be late otherwise; one that answers soon is no news. */
  async warm(cluster: Cluster, milliseconds: number): Promise<void> {
    const servers = new Set(cluster.slots.map((nodes) => nodes?.[0]).filter((server) => server !== undefined))
    const lanes = Array.from(servers, (server) => this.#lanes.get(server) ?? this.#make(server))
    for (const lane of lanes) lane.open('not connected yet', milliseconds)
    await Promise.all(lanes.map((lane) => lane.whenBack()))
  }

  /** Forgets servers that have no slots any longer, as often as the cluster tells who has which. */
  watch(cluster: Cluster): void {
    cluster.on('refresh', () => {
      const serving = new Set(cluster.slots.map((nodes) => nodes?.[0]))
      for (const server of this.#lanes.keys()) if (!serving.has(server)) this.#retire(server)
    })
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close()
  }

  #make(server: string): Lane {
    const lane = new Lane({
      ...this.#shared,
      server,
      probe: () => this.#probe(server),
      drop: () => this.#drop(server),
    })
    this.#lanes.set(server, lane)
    return lane
  }

  async #probe(server: string): Promise<number> {
    const cluster = (await this.#connection.connect()) as Cluster
    const known = this.#keys.get(server)
    const key = known !== undefined && serverOf(cluster, known) === server ? known : this.#findKey(cluster, server)
    if (key !== undefined) return probe(cluster, key, this.#shared.world.clock)
    this.#retire(server)
    return 0
  }

  /** Whoever else has its slots now has a lane of its own. */
  #retire(server: string): void {
    this.#lanes.get(server)?.retire()
    this.#lanes.delete(server)
    this.#keys.delete(server)
  }

  #findKey(cluster: Cluster, server: string): string | undefined {
    if (!cluster.slots.some((nodes) => nodes?.[0] === server)) return undefined
    for (let tag = 0; tag < mostTries; tag++) {
      const key = `${this.#prefix}:probe:{${tag}}`
      if (serverOf(cluster, key) !== server) continue
      this.#keys.set(server, key)
      return key
    }
    return undefined
  }

  #drop(server: string): void {
    const cluster = this.#connection.client as Cluster | undefined
    if (cluster === undefined) return
    for (const node of cluster.nodes()) if (`${node.options.host}:${node.options.port}` === server) hangUp(node)
    cluster.refreshSlotsCache(() => {})
  }
}

const serverOf = (cluster: Cluster, key: string): string | undefined => cluster.slots[keySlot(key)]?.[0]
