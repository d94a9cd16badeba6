/** `builtin: ready`: policies are loaded and the server is not shutting down. */

import type { Builtin } from './about.ts'
import { jsonAnswer } from './json-answer.ts'

const fit = { status: 'ready' }
const unfit = { status: 'unready' }
const fitAnswer = jsonAnswer(200, fit)
const unfitAnswer = jsonAnswer(503, unfit)

/**
 * The route may be public: it names the parts that fail, and never says how. A part that only some routes need (an
 * issuer whose keys cannot be had) leaves the server ready: taken out of rotation, it could answer none of the others.
 */
export const ready: Builtin = {
  answers: {
    200: { description: 'The server takes requests.', content: { 'application/json': { example: fit } } },
    503: {
      description: 'It does not take them yet, or no longer.',
      content: { 'application/json': { example: unfit } },
    },
  },
  compile: ({ status }) =>
    function readyDestination() {
      if (!status.ready) return unfitAnswer
      return status.faults.size === 0
        ? fitAnswer
        : jsonAnswer(200, { status: 'degraded', failing: [...status.faults.keys()] })
    },
}
