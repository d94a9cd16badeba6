/** Who watches the exchanges of an app: metrics, access log, audit, the app's own listeners. */

import type { Answer } from './answer.ts'
import type { Denial } from './denial.ts'
import type { Exchange } from './exchange.ts'

/** How an exchange ended. */
export interface Outcome {
  readonly status: number
  readonly milliseconds: number
  /** The client went away before the answer was finished. */
  readonly aborted: boolean
}

/** What was refused before it became a request: bytes that are none, and a client that sends them too slowly. */
export interface Unread {
  readonly requestId: string
  /** Empty where the client is gone. */
  readonly address: string
  readonly denial: Denial
  /** The parser's own word for it. */
  readonly cause: string | undefined
}

export interface Observer {
  /** The exchange begins; `finished` follows once, however it ends. */
  started?(exchange: Exchange): void
  /** Awaited before the head is written; a denial takes the answer's place. */
  answering?(exchange: Exchange, answer: Answer): Denial | undefined | Promise<Denial | undefined>
  /** The answer is finished, or the client is gone. */
  finished?(exchange: Exchange, outcome: Outcome): void
}
