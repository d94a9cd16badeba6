/** `builtin: health`: the process is alive and answers. */

import type { Builtin } from './about.ts'
import { jsonAnswer } from './json-answer.ts'

const said = { status: 'ok' }
const alive = jsonAnswer(200, said)

export const health: Builtin = {
  answers: { 200: { description: 'The server is alive.', content: { 'application/json': { example: said } } } },
  compile: () =>
    function healthDestination() {
      return alive
    },
}
