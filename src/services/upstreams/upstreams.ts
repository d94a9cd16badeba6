/** Where allowed requests go: other servers, each behind a dispatcher that keeps and renews its connections. */

import type { Dispatcher } from 'undici'
import type { OutgoingTls } from '../tls/outgoing.ts'

/** One server to talk to, and how it is known to be the right one. */
export interface Target extends OutgoingTls {
  /** Scheme, host and port, without a path. */
  readonly origin: string
}

/** What calls one target. */
export type Calls = Pick<Dispatcher, 'dispatch'>

export interface Upstreams {
  /** No connection is made before the first request. */
  dispatcher(target: Target): Calls | Promise<Calls>
  /** Ends every connection; what still runs on them fails. */
  close(): Promise<void>
}
