/** What is put on record: the entries of the audit log, and what a route wants in them. */

import type { Exchange } from './exchange.ts'
import type { Source } from './site.ts'

/** `intended` stands before the destination is called, `done` on what the log says of itself. */
export type AuditOutcome = 'allowed' | 'denied' | 'failed' | 'intended' | 'done'

type Scalar = string | number | boolean | null
export type AuditValue = Scalar | readonly AuditValue[] | { readonly [name: string]: AuditValue | undefined }

/** One entry, before the log gives it its time and its place; members stand in the record in this order. */
export interface AuditEntry {
  /** Of the closed list, or of `settings.audit.events`. */
  readonly event: string
  readonly outcome: AuditOutcome
  readonly [member: string]: AuditValue | undefined
}

/** Takes entries; one log, or none. */
export interface AuditTrail {
  /** Never waits and never throws; what cannot be kept is counted, and the count put on record. */
  append(entry: AuditEntry): void
  /**
   * True once the entry is on disk, as `settings.audit.fsync` says; false where it cannot be, and then it is not in the log;
   * also false where the disk does not answer, and then it may be there later.
   */
  commit(entry: AuditEntry): Promise<boolean>
}

/** What one route puts on record. */
export interface AuditPlan {
  /** False for `audit: off`. */
  readonly kept: boolean
  /** Of the block; the event that an allowed request is recorded as. */
  readonly action: string | undefined
  /** No record, no answer. */
  readonly required: boolean
  readonly resource: ((exchange: Exchange) => AuditValue | undefined) | undefined
  readonly details: readonly { readonly name: string; read(exchange: Exchange): AuditValue | undefined }[]
  /** Members that are written as a keyed hash: `user.id`, `ip`, `resource`, `details.NAME`. */
  readonly pseudonyms: ReadonlySet<string>
  readonly source: Source
}
