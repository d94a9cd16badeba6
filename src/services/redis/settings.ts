/** How Redis is reached, and what is expected of it. */

import type { Target } from './target.ts'

export interface RedisSettings {
  readonly target: Target
  /** PEM; stands in for the authorities that Node knows. */
  readonly ca: string | undefined
  /** The name in the certificate, where it is not the host of the url. */
  readonly serverName: string | undefined
  /** For the sentinels themselves; those of the url are for the master. */
  readonly sentinel: { readonly username: string | undefined; readonly password: string | undefined } | undefined
  /** What the names of all keys begin with. */
  readonly prefix: string
  /** Milliseconds after which an answer is none. */
  readonly deadline: number
}
