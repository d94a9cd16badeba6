/** What the processes of a node count together, as the primary tells it. */

import { unhurried } from '../later.ts'
import { Metrics } from '../metrics.ts'
import type { Link } from './link.ts'
import { SummedMetrics } from './sum-metrics.ts'
import { nodeMetrics, ownMetrics } from './worker-metrics.ts'

type Exposed = Awaited<ReturnType<Metrics['expose']>>

/** A worker that does not answer is passed over, with what it said last, in milliseconds. */
const patience = 2_000

export class NodeMetrics extends Metrics {
  /** What each worker said last. */
  readonly #latest = new Map<Link, string>()
  /** What those counted that are gone: totals never shrink. */
  #gone = ''
  #asking: Promise<Exposed> | undefined

  admit(link: Link): void {
    this.#latest.set(link, '')
    link.handle(nodeMetrics, () => this.expose())
    link.ended(() => this.#bury(link))
  }

  /** Whoever asks while the workers are being asked shares the answer. */
  override expose(): Promise<Exposed> {
    this.#asking ??= this.#expose().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #expose(): Promise<Exposed> {
    const { contentType, text } = await super.expose()
    await Promise.all(Array.from(this.#latest.keys(), (link) => this.#ask(link)))
    const summed = new SummedMetrics().add(text).add(this.#gone, true)
    for (const latest of this.#latest.values()) summed.add(latest)
    return { contentType, text: summed.write() }
  }

  async #ask(link: Link): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const cancel = unhurried(() => resolve(undefined), patience)
    const told = await Promise.race([link.ask<Exposed>(ownMetrics).catch(() => undefined), promise])
    cancel()
    if (told !== undefined && this.#latest.has(link)) this.#latest.set(link, told.text)
  }

  #bury(link: Link): void {
    const latest = this.#latest.get(link) ?? ''
    this.#latest.delete(link)
    this.#gone = new SummedMetrics().add(this.#gone, true).add(latest, true).write()
  }
}
