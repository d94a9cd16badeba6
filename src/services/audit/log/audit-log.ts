/** What a log on disk is opened with, and what it then is. */

import type { KeyObject } from 'node:crypto'
import type { AuditTrail } from '../../../core/audit.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Status } from '../../status.ts'
import type { HeadPublisher } from '../publish/publisher.ts'

/**
 * When an entry counts as kept: once the disk has it, with others that gathered meanwhile (`batch`) or alone
 * (`always`); or once the kernel has it (`os`), which survives the end of the process, not of the machine.
 */
export type Fsync = 'batch' | 'always' | 'os'

export interface AuditLogOptions {
  /** Holds the logs of all writers, each in a folder of its own. */
  readonly dir: string
  /** Whose logs may be continued; a part of the id of a new one. */
  readonly host: string
  readonly fsync: Fsync
  readonly rotate: { readonly bytes: number; readonly milliseconds: number }
  /** Milliseconds that closed segments are kept; for ever unless told. */
  readonly retain?: number | undefined
  /** Milliseconds between signed heads. */
  readonly headEvery: number
  /** Signs the heads; an Ed25519 private key. */
  readonly key: KeyObject
  readonly clock: Clock
  readonly log: Log
  readonly status: Status
  readonly metrics: Metrics
  /** Takes each head that was signed and stored; never waits. */
  readonly publish?: HeadPublisher['publish'] | undefined
  /** Takes the line of each record that is kept; never waits. */
  readonly copy?: ((line: string) => void) | undefined
}

export interface AuditLog extends AuditTrail {
  readonly id: string
  /** The name of the log in its heads. */
  readonly origin: string
  /** The public key of its heads, as verifiers of signed notes take it. */
  readonly vkey: string
  /** How many records are kept. */
  readonly size: number
  /** How many entries are not yet known to be kept. */
  readonly waiting: number
  /** Closes the segment and goes on in a new one; rejects where that cannot be, and goes on in the old one. */
  rotate(): Promise<void>
  /** Keeps what waits, signs the last head and gives the log free. */
  close(): Promise<void>
}
