/** Where entries go: nowhere until a log is attached. */

import { randomBytes } from 'node:crypto'
import type { AuditEntry, AuditTrail } from '../../core/audit.ts'
import { type Pseudonym, pseudonymsOf } from './pseudonym.ts'

/** The world's way to the log; it outlives every reload. */
export class Trail implements AuditTrail {
  #log: AuditTrail | undefined
  /** Of a key that nobody keeps, until the log brings the one that its pseudonyms are made with. */
  #pseudonym = pseudonymsOf(randomBytes(32))

  /** Whether there is a log. */
  get isKept(): boolean {
    return this.#log !== undefined
  }

  get pseudonym(): Pseudonym {
    return this.#pseudonym
  }

  /** From here on entries go to this log. */
  attach(log: AuditTrail, pseudonym: Pseudonym): void {
    this.#log = log
    this.#pseudonym = pseudonym
  }

  append(entry: AuditEntry): void {
    this.#log?.append(entry)
  }

  /** Where no log is meant to be kept, nothing is missing from it. */
  async commit(entry: AuditEntry): Promise<boolean> {
    return this.#log === undefined || this.#log.commit(entry)
  }
}
