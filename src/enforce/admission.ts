/** Whether a request that met its route is begun, at once or after others, or the server has enough to do. */

import type { Denial } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Settings } from '../policy/settings.ts'

export interface Admission {
  /** Why it is not begun; a promise where it has to wait. */
  admit(exchange: Exchange, limits: Settings['limits']): Denial | undefined | Promise<Denial | undefined>
}
