/** Writes what was counted in the text format of Prometheus. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'
import { writeDurations } from './durations.ts'

export class Exposition {
  readonly #registry = new Registry()
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    openRequests(metrics, registers)
    openDecisions(metrics, registers)
    openPolicy(metrics, registers)
  }

  async write(): Promise<{ readonly contentType: string; readonly text: string }> {
    const counted = await this.#registry.metrics()
    return { contentType: this.#registry.contentType, text: `${counted}\n${writeDurations(this.#metrics.tallies)}` }
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
