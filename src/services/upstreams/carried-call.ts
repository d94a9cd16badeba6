/** A call from when it is made until it is over: it waits for a connection, or one carries it. */

import type { AnswerReceiver, UpstreamCall, UpstreamRequest } from './upstreams.ts'

/** What carries it. */
interface Carrier {
  pause(): void
  resume(): void
  destroy(reason: Error): void
}

export class CarriedCall implements UpstreamCall {
  readonly request: UpstreamRequest
  readonly receiver: AnswerReceiver
  connection: Carrier | undefined
  /** Is run when the call is given up while it waits. */
  leave: (() => void) | undefined

  constructor(request: UpstreamRequest, receiver: AnswerReceiver) {
    this.request = request
    this.receiver = receiver
  }

  pause(): void {
    this.connection?.pause()
  }

  resume(): void {
    this.connection?.resume()
  }

  abort(reason: Error): void {
    this.connection?.destroy(reason)
    if (this.leave === undefined) return
    this.leave()
    this.leave = undefined
    this.receiver.failed(reason, false)
  }
}
