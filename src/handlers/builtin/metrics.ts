/** `builtin: metrics`: what was counted, in the text format of Prometheus. */

import type { Services } from '../../services/services.ts'
import type { Destination } from '../handler.ts'

export const metrics = ({ metrics: counted }: Services): Destination =>
  async function metricsDestination() {
    const { contentType, text } = await counted.expose()
    return { status: 200, headers: ['Content-Type', contentType, 'Cache-Control', 'no-store'], body: text }
  }
