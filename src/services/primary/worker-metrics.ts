/** What a worker counts: whoever asks it is told of all the processes of the node. */

import { Metrics } from '../metrics.ts'
import type { Link } from './link.ts'

/** By these names a worker asks for the numbers of all, and is asked for its own. */
export const nodeMetrics = 'nodeMetrics'
export const ownMetrics = 'ownMetrics'

type Exposed = Awaited<ReturnType<Metrics['expose']>>

export class WorkerMetrics extends Metrics {
  readonly #link: Link

  constructor(link: Link) {
    super()
    this.#link = link
    link.handle(ownMetrics, () => super.expose())
  }

  /** Its own alone where the primary is gone. */
  override expose(): Promise<Exposed> {
    return this.#link.ask<Exposed>(nodeMetrics).catch(() => super.expose())
  }
}
