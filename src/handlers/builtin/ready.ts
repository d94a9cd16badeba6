/** `builtin: ready`: policies are loaded, what they need is within reach, and the server is not shutting down. */

import type { Services } from '../../services/services.ts'
import type { Destination } from '../handler.ts'
import { jsonAnswer } from './json-answer.ts'

const fit = jsonAnswer(200, { status: 'ready' })

/** The route may be public: it names the parts that fail, and never says how. */
export const ready = ({ status }: Services): Destination =>
  function readyDestination() {
    if (status.ready && status.faults.size === 0) return fit
    return jsonAnswer(503, { status: 'unready', failing: [...status.faults.keys()] })
  }
