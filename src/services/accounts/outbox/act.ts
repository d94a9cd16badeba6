/** What an operator did by a command, or a server by itself, as it is put on record: ids and counts, never a password or a key. */

import type { AuditValue } from '../../../core/audit.ts'
import type { AuditEvent } from '../../audit/events.ts'
import type { Operator } from '../../audit/operator.ts'

export type { Operator }

export interface Act {
  readonly event: Extract<AuditEvent, `${'account' | 'apikey' | 'key'}.${string}` | 'auth.revoked'>
  /** None where no command did it. */
  readonly operator?: Operator | undefined
  /** On what: `{ account: id }`. */
  readonly details?: Readonly<Record<string, AuditValue | undefined>>
}

/** As it waits for its record. */
export interface KeptAct extends Act {
  /** Its own: of two records with one id, one is a double. */
  readonly id: string
  /** When it was done; milliseconds since 1970. */
  readonly at: number
}
