/** Where allowed requests go: other servers over HTTP/1.1, each behind a pool that keeps and renews its connections. */

import type { Readable } from 'node:stream'
import type { OutgoingTls } from '../tls/outgoing.ts'

/** One server to talk to, and how it is known to be the right one. */
export interface Target extends OutgoingTls {
  /** Scheme, host and port, without a path. */
  readonly origin: string
}

/** What is asked of an upstream. */
export interface UpstreamRequest {
  readonly method: string
  /** In origin-form, with its query (RFC 9112 §3.2.1). */
  readonly path: string
  /** Header fields, sound and each with its line end; without `Host` and what frames the request. */
  readonly lines: string
  /** A stream is read at the upstream's pace, and left where it stands when the call ends before it. */
  readonly body: Buffer | Readable | undefined
  /** Bytes of a body that is a stream, where they are known; it goes up in chunks where not. */
  readonly length?: number | undefined
  /** On a new connection: where one that was kept is gone, the others may be, too. */
  readonly fresh?: boolean | undefined
}

/** Who is told of the answer, in this order; `failed` may come at any time, and is the last. */
export interface AnswerReceiver {
  /** The final head: its fields are a flat list, name (in lower case), value, name, value. */
  begun(status: number, fields: readonly string[]): void
  /** May ask the call to pause; what had been read by then still comes. */
  received(chunk: Buffer): void
  ended(): void
  /** `stale`: a kept connection had been closed before a byte of the answer came. */
  failed(error: Error, stale: boolean): void
}

/** One request on its way; once it is over, nothing that is done to it has an effect. */
export interface UpstreamCall {
  pause(): void
  resume(): void
  /** Ends its connection; the receiver is told of the reason. */
  abort(reason: Error): void
}

/** What calls one target. */
export interface Calls {
  call(request: UpstreamRequest, receiver: AnswerReceiver): UpstreamCall
}

export interface Upstreams {
  /** No connection is made before the first request. */
  calls(target: Target): Calls
  /** Ends every connection; what still runs on them fails, and so does what is asked later. */
  close(): void
}
