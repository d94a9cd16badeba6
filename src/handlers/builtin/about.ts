/** The one shape of an answer that this server gives about itself. */

import type { Code } from '../../core/denial.ts'
import type { AnswerPart } from '../../services/openapi.ts'
import type { Services } from '../../services/services.ts'
import type { Destination, Handler } from '../handler.ts'

export interface Builtin {
  /** By status, for the OpenAPI document. */
  readonly answers: Readonly<Record<string, AnswerPart>>
  /** Its own; none unless told. */
  readonly refusals?: readonly Code[]
  /** As of a handler. */
  readonly implies?: ReturnType<NonNullable<Handler['implies']>>
  compile(services: Services): Destination | Promise<Destination>
}
