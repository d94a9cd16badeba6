/** One client at a time: dialled by whoever needs it, shared by all who do meanwhile, and given up when it is gone. */

import { dial, hangUp } from './dial.ts'
import type { Client } from './evaluate.ts'
import { Names } from './names.ts'
import { connectionClosed, isReply, messageOf } from './refusals.ts'
import { type RedisSettings, signedIn } from './settings.ts'

export interface Watcher {
  /** Told of each client that can be asked. */
  came(client: Client): void
  /** Told when it can be asked no longer, and why. */
  gone(reason: string): void
}

export class Connection {
  #settings: RedisSettings
  readonly #watcher: Watcher
  readonly #names = new Names()
  #dials = 0
  #dialling: Promise<Client> | undefined
  #dialled: Client | undefined
  #ready: Client | undefined
  #isClosed = false

  constructor(settings: RedisSettings, watcher: Watcher) {
    this.#settings = settings
    this.#watcher = watcher
  }

  /** What can be asked now; nothing while there is no connection. */
  get client(): Client | undefined {
    return this.#ready
  }

  /** Resolves when there is a client that can be asked; rejects with what is in the way. */
  connect(): Promise<Client> {
    this.#dialling ??= this.#dial()
    return this.#dialling
  }

  /** Who connects from here on connects as another caller; whether there is one. */
  signIn(settings: RedisSettings): boolean {
    const rotated = signedIn(this.#settings, settings)
    this.#settings = rotated ?? this.#settings
    return rotated !== undefined
  }

  /** Gives up what there is: who connects next dials anew. */
  drop(reason: string): void {
    const client = this.#dialled
    if (client === undefined) return
    this.#forget(client, reason)
    hangUp(client)
  }

  close(): void {
    this.#isClosed = true
    this.drop(connectionClosed)
  }

  async #dial(): Promise<Client> {
    const client = await this.#begin()
    client.on('error', noop)
    if (this.#isClosed) {
      hangUp(client)
      throw new Error(connectionClosed)
    }
    this.#dialled = client
    return this.#whenReady(client)
  }

  /** Each time another host comes first: a sentinel that hangs takes all the time that there is. */
  async #begin(): Promise<Client> {
    try {
      const { hosts } = this.#settings.target
      const first = this.#dials++ % hosts.length
      const turned = [...hosts.slice(first), ...hosts.slice(0, first)]
      return await dial(this.#settings, await this.#names.answered(turned))
    } catch (error) {
      this.#dialling = undefined
      throw error
    }
  }

  #whenReady(client: Client): Promise<Client> {
    return new Promise((resolve, reject) => {
      let fault: unknown = new Error(connectionClosed)
      const note = (error: unknown) => {
        // The library says this last, whatever the cause.
        if (messageOf(error) !== connectionClosed) fault = error
      }
      client.on('error', note)
      client.on('node error', note)
      client.once('ready', () => {
        // Such as a database that there is not: it would go on in another. One node of a cluster may well refuse.
        if (isReply(fault) && !client.isCluster) return this.drop(messageOf(fault))
        if (this.#dialled !== client) return
        this.#ready = client
        this.#watcher.came(client)
        resolve(client)
      })
      client.once('end', () => {
        this.#forget(client, messageOf(fault))
        reject(fault)
      })
    })
  }

  #forget(client: Client, reason: string): void {
    if (this.#dialled !== client) return
    const wasReady = this.#ready === client
    this.#dialled = undefined
    this.#dialling = undefined
    this.#ready = undefined
    if (wasReady) this.#watcher.gone(reason)
  }
}

const noop = (): void => {}
