/** How the durable store is reached. */

import type { DatabaseTarget } from './target.ts'

export interface DatabaseSettings {
  readonly target: DatabaseTarget
  /** PEM; stands in for the authorities that Node knows. */
  readonly ca: string | undefined
  /** The name in the certificate, where it is not the host of the url. */
  readonly serverName: string | undefined
  /** Milliseconds after which an answer is none. */
  readonly deadline: number
}
