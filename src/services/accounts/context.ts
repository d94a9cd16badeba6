/** What every table of the account store works with. */

import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import type { Fields } from './fields/open-fields.ts'

export interface StoreContext {
  readonly database: Database
  readonly fields: Fields
  readonly clock: Clock
  /** Random and unguessable, 32 hex digits. */
  readonly randomId: () => string
}
