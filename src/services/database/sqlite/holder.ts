/** Who holds the file, as those see it who ask. */

import type { Value } from '../database.ts'

export interface Holder {
  /** What is asked is done in the order of asking. Throws `FaultReply` where SQLite says no. */
  ask(sql: string, values: readonly Value[], isRead: boolean): Promise<readonly unknown[]>
}
