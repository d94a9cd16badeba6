/** Where allowed requests go: other servers, each behind a dispatcher that keeps and renews its connections. */

import type { Dispatcher } from 'undici'

/** One server to talk to, and how it is known to be the right one. */
export interface Target {
  /** Scheme, host and port, without a path. */
  readonly origin: string
  /** PEM: what vouches for the server, in place of the usual authorities. */
  readonly ca?: string | undefined
  /** PEM: the certificate and key by which this server is known there. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that its certificate must carry, where that is not the origin's host. */
  readonly serverName?: string | undefined
}

/** What calls one target. */
export type Calls = Pick<Dispatcher, 'dispatch'>

export interface Upstreams {
  /** No connection is made before the first request. */
  dispatcher(target: Target): Calls | Promise<Calls>
  /** Ends every connection; what still runs on them fails. */
  close(): Promise<void>
}
