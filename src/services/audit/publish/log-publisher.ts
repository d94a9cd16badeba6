/** Publishes heads as lines of the server's log, for whoever collects that off the machine. */

import type { LevelLog } from '../../log.ts'
import type { World } from '../../services.ts'
import type { HeadPublisher } from './publisher.ts'

type MaybeLevelLog = World['log'] & Partial<Pick<LevelLog, 'isLevelEnabled'>>

export class LogPublisher implements HeadPublisher {
  readonly #world: Pick<World, 'log' | 'metrics' | 'status'>
  readonly #isHeard: boolean

  constructor(world: Pick<World, 'log' | 'metrics' | 'status'>) {
    this.#world = world
    this.#isHeard = (world.log as MaybeLevelLog).isLevelEnabled?.('info') ?? true
    if (!this.#isHeard) {
      world.status.report(this, 'audit/heads/stdout', 'audit heads are not published: the log level hides `info`')
    }
  }

  publish(note: string): void {
    this.#world.log.info({ head: note }, 'audit head')
    this.#world.metrics.auditHeads.add({ publisher: 'stdout', result: this.#isHeard ? 'published' : 'failed' })
  }

  async close(): Promise<void> {
    this.#world.status.clear(this)
  }
}
