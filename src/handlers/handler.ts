/** The one shape of a destination: what an allowed request reaches. */

import type { Answer } from '../core/answer.ts'
import type { Code, Denial } from '../core/denial.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Site } from '../core/site.ts'
import type { Schema } from '../schema/builder.ts'
import type { OperationPart } from '../services/openapi.ts'
import type { Services } from '../services/services.ts'

/** Answers an allowed request; what it throws is a 500, a thrown denial is answered as such. */
export type Destination = (exchange: Exchange) => Answer | Denial | Promise<Answer | Denial>

export interface Handler<B = unknown> {
  /** The YAML key: `upstream`, `handler`, `reply`, `builtin`. */
  readonly name: string
  readonly summary: string
  readonly example: string
  readonly schema: Schema<B>
  /** The options whose texts may be expressions. */
  readonly expressions?: readonly string[]
  /** The refusals that it answers with by itself; a handler of the user's own may answer any. */
  readonly refuses: readonly Code[]
  readonly rules?: Rules
  check?(block: B, site: Site): readonly Fault[]
  /** Runs when the server opens; a rejection is a sentence that says what to do. */
  compile(block: B, site: Site, services: Services): Destination | Promise<Destination>
  /** What holds for its routes by guard, in place of what they could write: the body that it takes. */
  implies?(block: B): Readonly<Record<string, unknown>>
  /** Gives browsers a cookie to be known by. */
  beginsSession?(block: B): boolean
  /** Answers also while the server refuses others for overload: it says how the server is. */
  isVital?(block: B): boolean
  /** What a client can expect of it, beyond the refusals; `block` holds no references. */
  describe?(block: B, site: Site): OperationPart
}

/** Keeps the block's type from schema to `compile`. */
export const defineHandler = <B>(handler: Handler<B>): Handler<B> => handler
