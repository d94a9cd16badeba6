/** The W3C trace context (Trace Context §3.2): a valid one is passed on, else one begins here. */

import type { IncomingHttpHeaders } from 'node:http'

const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

interface Tracing {
  readonly randomId: () => string
  /** Whether a `tracestate` holds what goes to nobody. */
  isWithheld(state: string): boolean
}

/** Writes `traceparent`, and `tracestate` where it belongs to a valid one, at the end of a flat list of fields. */
export function writeTrace(headers: IncomingHttpHeaders, { randomId, isWithheld }: Tracing, flat: string[]): void {
  const { traceparent: parent, tracestate: state } = headers
  if (typeof parent !== 'string' || !traceparent.test(parent)) flat.push('traceparent', beginTrace(randomId))
  else if (typeof state !== 'string' || isWithheld(state)) flat.push('traceparent', parent)
  else flat.push('traceparent', parent, 'tracestate', state)
}

/** Sampled: an upstream that follows its parent would otherwise record nothing. */
function beginTrace(randomId: () => string): string {
  const id = randomId()
  return `00-${id}-${id.slice(16)}-01`
}
