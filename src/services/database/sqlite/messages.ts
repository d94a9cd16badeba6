/** What goes to the thread that holds the file, and what comes back. */

import type { Value } from '../database.ts'
import type { SqliteFault } from './dialect.ts'

export interface ThreadData {
  readonly path: string
}

export interface Ask {
  readonly id: number
  /** Reads see what is committed, whatever is under way. */
  readonly isRead: boolean
  readonly sql: string
  readonly values: readonly Value[]
}

/** `end`: nobody asks any more, and what was asked before is done. */
export type Order = Ask | 'end'

export type Reply =
  | { readonly id: number; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly fault: SqliteFault }
