/** The one shape of an answer that this server gives about itself. */

import type { AnswerPart } from '../../services/openapi.ts'
import type { Services } from '../../services/services.ts'
import type { Destination } from '../handler.ts'

export interface Builtin {
  /** By status, for the OpenAPI document. */
  readonly answers: Readonly<Record<string, AnswerPart>>
  compile(services: Services): Destination
}
