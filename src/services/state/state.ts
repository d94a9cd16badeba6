/** What is counted and known from one request to the next. */

import type { Counters } from '../counters/counters.ts'
import type { Slots } from '../counters/slots.ts'
import type { Revocation } from '../revocation/revocation.ts'

export interface State {
  readonly counters: Counters
  readonly slots: Slots
  readonly revocation: Revocation
}
