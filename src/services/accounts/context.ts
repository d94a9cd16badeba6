/** What every table of the account store works with. */

import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import type { Fields } from './fields/open-fields.ts'
import type { KeptRevocations } from './outbox/kept-revocations.ts'
import type { Outbox } from './outbox/outbox.ts'

export interface StoreContext {
  readonly database: Database
  readonly fields: Fields
  readonly clock: Clock
  /** Takes what commands do, in the transaction in which they do it. */
  readonly outbox: Outbox
  /** Takes what is revoked, in the transaction of what revokes it. */
  readonly revocations: KeptRevocations
  /** Random and unguessable, 32 hex digits. */
  readonly randomId: () => string
}
