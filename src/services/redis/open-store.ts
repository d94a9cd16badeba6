/** Opens Redis as a store: waits for it a while, and goes on without it where it does not come. */

import type { Cluster } from 'ioredis'
import { atMost } from '../later.ts'
import { ClusterLanes } from './cluster-lanes.ts'
import { Connection } from './connection.ts'
import { evaluate } from './evaluate.ts'
import { keySlot } from './key-slot.ts'
import { Lane } from './lane.ts'
import type { StoreWorld } from './outage.ts'
import { probe } from './probe.ts'
import { connectionClosed } from './refusals.ts'
import { SentinelWatch } from './sentinel-watch.ts'
import type { RedisSettings } from './settings.ts'
import type { Script, Store } from './store.ts'
import { nameOf } from './target.ts'

/** Milliseconds that a start waits for Redis. */
const startPatience = 3_000

export interface OpenedStore extends Store {
  /** Why nothing would be asked; empty where it would. */
  readonly reason: string
  /** The same Redis with other credentials: what is open stays open, whoever dials next uses it. */
  signIn(settings: RedisSettings): void
}

/** Never fails: `isAway` tells whether Redis was reached, and it is looked for until the store is closed. */
export async function openStore(settings: RedisSettings, world: StoreWorld): Promise<OpenedStore> {
  const store = new RedisStore(settings, world)
  await atMost(startPatience, store.start())
  return store
}

class RedisStore implements OpenedStore {
  readonly #ending = new AbortController()
  readonly #isCluster: boolean
  readonly #connection: Connection
  readonly #prefix: string
  readonly #world: StoreWorld
  /** To the one server; of a cluster to any of it. */
  readonly #lane: Lane
  readonly #lanes: ClusterLanes
  readonly #watch: SentinelWatch | undefined

  constructor(settings: RedisSettings, world: StoreWorld) {
    const { target, prefix, deadline } = settings
    const shared = { world, deadline, signal: this.#ending.signal }
    this.#isCluster = target.kind === 'cluster'
    this.#prefix = prefix
    this.#world = world
    this.#connection = new Connection(settings, {
      came: (client) => client.isCluster && this.#lanes.watch(client as Cluster),
      gone: (reason) => void this.#lane.open(reason),
    })
    this.#lanes = new ClusterLanes(this.#connection, prefix, shared)
    if (target.kind === 'sentinel')
      this.#watch = new SentinelWatch(settings, () => this.#connection.drop('another server is master'))
    this.#lane = new Lane({
      ...shared,
      server: this.#isCluster ? `cluster ${nameOf(target)}` : nameOf(target),
      probe: () => this.#probe(),
      drop: (reason) => this.#connection.drop(reason),
    })
  }

  get isAway(): boolean {
    return this.#lane.isAway
  }

  get reason(): string {
    return this.#lane.reason
  }

  async start(): Promise<void> {
    this.#lane.open('not connected yet', startPatience)
    void this.#watch?.start()
    await this.#lane.whenBack()
    const { client } = this.#connection
    if (client?.isCluster) await this.#lanes.warm(client as Cluster, startPatience)
  }

  /** A client of a cluster dials its nodes by itself, as who it was made for. */
  signIn(settings: RedisSettings): void {
    if (!this.#connection.signIn(settings)) return
    if (this.#isCluster) this.#connection.drop('the credentials are others')
    this.#watch?.signIn(settings)
  }

  slotOf(key: string): number {
    return this.#isCluster ? keySlot(key) : 0
  }

  run(script: Script, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const { client } = this.#connection
    return this.#laneOf(keys[0] ?? '').ask(async () => {
      if (client === undefined) throw new Error(connectionClosed)
      return evaluate(client, script, [keys.length, ...keys, ...args])
    })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#lane.close()
    this.#lanes.close()
    this.#watch?.close()
    this.#connection.close()
  }

  #laneOf(key: string): Lane {
    const { client } = this.#connection
    if (!this.#isCluster || client === undefined) return this.#lane
    return this.#lanes.laneOf(client as Cluster, key) ?? this.#lane
  }

  /** Any server of a cluster will do: each has a lane of its own. */
  async #probe(): Promise<number> {
    const client = await this.#connection.connect()
    return this.#isCluster ? 0 : probe(client, `${this.#prefix}:probe`, this.#world.clock)
  }
}
