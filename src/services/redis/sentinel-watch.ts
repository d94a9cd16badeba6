/** Hears from sentinels that another server is master now: one that was deposed, and does not know it yet, is left at once. */

import type { Redis } from 'ioredis'
import { sentinelClients } from './dial.ts'
import type { RedisSettings } from './settings.ts'

const channel = '+switch-master'

export class SentinelWatch {
  #settings: RedisSettings
  readonly #deposed: () => void
  #clients: readonly Redis[] = []
  #isClosed = false

  /** `deposed` may be told several times of one change: sentinels learn of it one after the other. */
  constructor(settings: RedisSettings, deposed: () => void) {
    this.#settings = settings
    this.#deposed = deposed
  }

  /** Listens to all sentinels, each of which is looked for again when it is gone. */
  async start(): Promise<void> {
    const { Redis } = await import('ioredis')
    if (this.#isClosed) return
    this.#hangUp()
    this.#clients = sentinelClients(this.#settings).map((options) => this.#listen(new Redis(options)))
  }

  /** Listens on as another caller. */
  signIn(settings: RedisSettings): void {
    this.#settings = settings
    void this.start()
  }

  close(): void {
    this.#isClosed = true
    this.#hangUp()
  }

  #hangUp(): void {
    for (const client of this.#clients) client.disconnect()
  }

  #listen(client: Redis): Redis {
    const { master } = this.#settings.target
    client.on('error', noop)
    // The name, the old address, the new one; sentinels may watch over other masters too.
    client.on('message', (_, text: string) => text.startsWith(`${master} `) && this.#deposed())
    client.subscribe(channel).catch(noop)
    return client
  }
}

const noop = (): void => {}
