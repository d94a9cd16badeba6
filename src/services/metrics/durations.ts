/** Writes the histogram of durations: prom-client observes values one by one, and cannot take over what is counted. */

import { bounds, type RouteTally } from './route-tally.ts'

const name = 'portcullis_request_duration_seconds'
const head = `# HELP ${name} From the head of a request to the end of its answer, by route pattern.\n# TYPE ${name} histogram\n`

/** In the text format of Prometheus; its buckets are cumulative. */
export function writeDurations(tallies: Iterable<RouteTally>): string {
  return head + Array.from(tallies, writeRoute).join('')
}

function writeRoute({ route, service, buckets, seconds }: RouteTally): string {
  const labels = `route="${escapeLabel(route)}",service="${escapeLabel(service)}"`
  let below = 0
  let text = ''
  for (const [index, count] of buckets.entries()) {
    below += count
    text += `${name}_bucket{${labels},le="${bounds[index] ?? '+Inf'}"} ${below}\n`
  }
  return `${text}${name}_sum{${labels}} ${seconds}\n${name}_count{${labels}} ${below}\n`
}

const escapeLabel = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
