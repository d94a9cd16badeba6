/** Writes what was counted in the text format of Prometheus. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'
import { bounds, type RouteTally } from './route-tally.ts'

export class Exposition {
  readonly #registry = new Registry()

  constructor(metrics: Metrics) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    openRequests(metrics, registers)
    openDecisions(metrics, registers)
    openPolicy(metrics, registers)
    new Durations(metrics, registers)
  }

  async write(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }
}

function openRequests(metrics: Metrics, registers: Registry[]): void {
  new Counter({
    name: 'portcullis_requests_total',
    help: 'Requests answered, by route pattern, method and status.',
    labelNames: ['route', 'service', 'method', 'status'],
    registers,
    collect() {
      this.reset()
      for (const { route, service, requests } of metrics.tallies) {
        for (const [method, byStatus] of requests) {
          for (const [status, count] of byStatus) this.inc({ route, service, method, status }, count)
        }
      }
    },
  })
  new Gauge({
    name: 'portcullis_requests_in_flight',
    help: 'Requests that are being answered.',
    registers,
    collect() {
      this.set(metrics.inFlight)
    },
  })
}

function openDecisions(metrics: Metrics, registers: Registry[]): void {
  new Counter({
    name: 'portcullis_decisions_total',
    help: 'Decisions of the guards; in mode reportOnly a denial was not answered.',
    labelNames: ['route', 'service', 'guard', 'outcome', 'mode'],
    registers,
    collect() {
      this.reset()
      for (const tally of metrics.tallies) {
        const { route, service } = tally
        for (const { guard, mode, allowed, denied } of tally.verdicts()) {
          this.inc({ route, service, guard, mode, outcome: 'allow' }, allowed)
          this.inc({ route, service, guard, mode, outcome: 'deny' }, denied)
        }
      }
    },
  })
}

function openPolicy(metrics: Metrics, registers: Registry[]): void {
  new Gauge({
    name: 'portcullis_policy_info',
    help: 'The policy in force, by its digest.',
    labelNames: ['digest'],
    registers,
    collect() {
      this.reset()
      if (metrics.policy !== undefined) this.set({ digest: metrics.policy.digest }, 1)
    },
  })
  new Gauge({
    name: 'portcullis_policy_loaded_timestamp_seconds',
    help: 'When the policy in force was loaded, in seconds since the Unix epoch.',
    registers,
    collect() {
      this.set((metrics.policy?.loaded ?? 0) / 1000)
    },
  })
}

type Label = 'route' | 'service' | 'le'
type Sample = Awaited<ReturnType<Histogram<Label>['get']>>['values'][number]

const durationName = 'portcullis_request_duration_seconds'

/** A histogram whose buckets are counted elsewhere. */
class Durations extends Histogram<Label> {
  readonly #metrics: Metrics

  constructor(metrics: Metrics, registers: Registry[]) {
    super({
      name: durationName,
      help: 'From the first byte of a request to the last of its answer.',
      labelNames: ['route', 'service'],
      buckets: [...bounds],
      registers,
    })
    this.#metrics = metrics
  }

  override async get(): ReturnType<Histogram<Label>['get']> {
    return { ...(await super.get()), values: [...this.#metrics.tallies].flatMap((tally) => samplesOf(tally)) }
  }

  /** What prom-client writes from, in place of `get`. */
  getForPromString(): ReturnType<Histogram<Label>['get']> {
    return this.get()
  }
}

/** Buckets are cumulative on the wire. */
function samplesOf({ route, service, buckets, seconds }: RouteTally): readonly Sample[] {
  let below = 0
  const samples: Sample[] = []
  for (const [index, count] of buckets.entries()) {
    below += count
    const labels = { route, service, le: bounds[index] ?? '+Inf' }
    samples.push({ metricName: `${durationName}_bucket`, labels, value: below })
  }
  samples.push({ metricName: `${durationName}_sum`, labels: { route, service }, value: seconds })
  samples.push({ metricName: `${durationName}_count`, labels: { route, service }, value: below })
  return samples
}
