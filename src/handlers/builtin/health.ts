/** `builtin: health`: the process is alive and answers. */

import type { Destination } from '../handler.ts'
import { jsonAnswer } from './json-answer.ts'

const alive = jsonAnswer(200, { status: 'ok' })

export const health = (): Destination =>
  function healthDestination() {
    return alive
  }
