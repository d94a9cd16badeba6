/** A trail that keeps entries in memory, as they would stand in a log. */

import type { AuditEntry, AuditTrail } from '../../src/core/audit.ts'
import { pseudonymsOf } from '../../src/services/audit/pseudonym.ts'
import { Trail } from '../../src/services/audit/trail.ts'
import { record } from './witness/witness.ts'

export type Recorded = Readonly<Record<string, unknown>>

export class AuditSink implements AuditTrail {
  readonly records: Recorded[] = []
  /** What `commit` waits for. */
  gate: Promise<unknown> | undefined
  /** The log cannot be written: nothing is committed. */
  failing = false
  /** How often a commit was asked for. */
  commits = 0
  readonly #keep = record?.output('audit')
  #waiting: (() => void)[] = []

  append(entry: AuditEntry): void {
    const text = JSON.stringify(entry)
    this.records.push(JSON.parse(text))
    this.#keep?.(`${text}\n`)
    for (const resume of this.#waiting.splice(0)) resume()
  }

  async commit(entry: AuditEntry): Promise<boolean> {
    this.commits++
    for (const resume of this.#waiting.splice(0)) resume()
    await this.gate
    if (!this.failing) this.append(entry)
    return !this.failing
  }

  /** The records, once there are so many. */
  async until(count: number): Promise<readonly Recorded[]> {
    while (this.records.length < count) await this.change()
    return this.records
  }

  /** Resolves when an entry is brought next. */
  change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    return promise
  }
}

export const pseudonym = pseudonymsOf(Buffer.from('a key of these tests, long enough'))

/** A trail that leads to a sink. */
export function sunk(): { readonly trail: Trail; readonly sink: AuditSink } {
  const sink = new AuditSink()
  const trail = new Trail()
  trail.attach(sink, pseudonym)
  return { trail, sink }
}
