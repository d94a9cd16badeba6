/** `builtin: metrics`: what was counted, in the text format of Prometheus. */

import type { Builtin } from './about.ts'

export const metrics: Builtin = {
  answers: { 200: { description: 'What was counted, for Prometheus.', content: { 'text/plain': {} } } },
  compile: ({ metrics: counted }) =>
    async function metricsDestination() {
      const { contentType, text } = await counted.expose()
      return { status: 200, headers: ['Content-Type', contentType, 'Cache-Control', 'no-store'], body: text }
    },
}
