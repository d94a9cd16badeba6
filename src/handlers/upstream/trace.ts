/** The W3C trace context (Trace Context §3.2): a valid one is passed on, else one begins here. */

import type { IncomingHttpHeaders } from 'node:http'
import { fieldLine } from '../../core/field.ts'

const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

interface Tracing {
  readonly randomId: () => string
  /** Whether a `tracestate` holds what goes to nobody. */
  isWithheld(state: string): boolean
}

/** `traceparent`, and `tracestate` where it belongs to a valid one. */
export function traceLines(headers: IncomingHttpHeaders, { randomId, isWithheld }: Tracing): string {
  const { traceparent: parent, tracestate: state } = headers
  if (typeof parent !== 'string' || !traceparent.test(parent)) return fieldLine('traceparent', beginTrace(randomId))
  const passed = fieldLine('traceparent', parent)
  return typeof state !== 'string' || isWithheld(state) ? passed : passed + fieldLine('tracestate', state)
}

/** Sampled: an upstream that follows its parent would otherwise record nothing. */
function beginTrace(randomId: () => string): string {
  const id = randomId()
  return `00-${id}-${id.slice(16)}-01`
}
