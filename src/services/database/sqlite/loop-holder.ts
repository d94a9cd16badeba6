/** The file in the hands of the event loop itself, while a process starts: nobody waits for anything else, and a thread costs megabytes. */

import { DatabaseAway, storable, type Value } from '../database.ts'
import { Connections } from './connections.ts'
import { translate } from './dialect.ts'
import { FaultReply } from './fault-reply.ts'
import type { Holder } from './holder.ts'

export class LoopHolder implements Holder {
  readonly #connections: Connections
  #isClosed = false

  constructor(path: string) {
    // A file that another process holds is not waited for here: whoever asks does it, and the loop goes on.
    this.#connections = new Connections(path, { busyTimeout: 0 })
  }

  async ask(sql: string, values: readonly Value[], isRead: boolean): Promise<readonly unknown[]> {
    if (this.#isClosed) throw new DatabaseAway('it is closed')
    const ask = { id: 0, isRead, sql: translate(sql), values: storable(values) }
    const reply = this.#connections.answer(ask)
    if ('fault' in reply) throw new FaultReply(reply.fault)
    return reply.rows
  }

  close(): void {
    this.#isClosed = true
    this.#connections.close()
  }
}
