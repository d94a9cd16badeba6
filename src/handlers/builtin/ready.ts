/** `builtin: ready`: policies are loaded and the server is not shutting down. */

import type { Services } from '../../services/services.ts'
import type { Destination } from '../handler.ts'
import { jsonAnswer } from './json-answer.ts'

const fit = jsonAnswer(200, { status: 'ready' })
const unfit = jsonAnswer(503, { status: 'unready' })

/**
 * The route may be public: it names the parts that fail, and never says how. A part that only some routes need (an
 * issuer whose keys cannot be had) leaves the server ready: taken out of rotation, it could answer none of the others.
 */
export const ready = ({ status }: Services): Destination =>
  function readyDestination() {
    if (!status.ready) return unfit
    return status.faults.size === 0 ? fit : jsonAnswer(200, { status: 'degraded', failing: [...status.faults.keys()] })
  }
