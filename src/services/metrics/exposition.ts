/** Everything that was counted, as Prometheus reads it. */

import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'
import { bounds, type RouteTally } from './route-tally.ts'
import type { SlotTally } from './slot-tally.ts'
import { answerBounds, type StoreTally } from './store-tally.ts'
import { type Family, writeFamily, writeLabels, writeSample } from './text-format.ts'

/** What this server counts about itself, in the order of the exposition. */
export const families = {
  requests: {
    name: 'portcullis_requests_total',
    help: 'Requests answered, by route pattern, method and status.',
    type: 'counter',
    labels: ['route', 'service', 'method', 'status'],
  },
  durations: {
    name: 'portcullis_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, by route pattern.',
    type: 'histogram',
    labels: ['route', 'service', 'le'],
  },
  decisions: {
    name: 'portcullis_decisions_total',
    help: 'Decisions of the guards; in mode reportOnly a denial was not answered.',
    type: 'counter',
    labels: ['route', 'service', 'guard', 'mode', 'outcome'],
  },
  inFlight: {
    name: 'portcullis_requests_in_flight',
    help: 'Requests that are being answered.',
    type: 'gauge',
    labels: [],
  },
  stateUp: {
    name: 'portcullis_state_up',
    help: 'Whether Redis answers in time, by server: 1 or 0.',
    type: 'gauge',
    labels: ['server'],
  },
  stateCalls: {
    name: 'portcullis_state_calls_total',
    help: 'Scripts for Redis, by what became of them.',
    type: 'counter',
    labels: ['answer'],
  },
  stateDurations: {
    name: 'portcullis_state_duration_seconds',
    help: 'From a script for Redis to its answer, where it came in time.',
    type: 'histogram',
    labels: ['le'],
  },
  limitFallbacks: {
    name: 'portcullis_limit_fallbacks_total',
    help: 'Decisions on limits that the shared store did not answer, by limit and what was done instead.',
    type: 'counter',
    labels: ['limit', 'mode'],
  },
  slotsInUse: {
    name: 'portcullis_concurrency_in_use',
    help: 'Slots of `concurrency` that requests hold, by limit.',
    type: 'gauge',
    labels: ['limit'],
  },
  slotsAwaited: {
    name: 'portcullis_concurrency_waiting',
    help: 'Requests that wait for a slot of `concurrency`, by limit.',
    type: 'gauge',
    labels: ['limit'],
  },
  slotsMissed: {
    name: 'portcullis_concurrency_missed_total',
    help: 'Requests that got no slot of `concurrency`, by limit and reason; under reportOnly they were let through.',
    type: 'counter',
    labels: ['limit', 'reason'],
  },
  revocationsHeld: {
    name: 'portcullis_revocations_held',
    help: 'Revocations of tokens, users and issuers that this process knows.',
    type: 'gauge',
    labels: [],
  },
  revocationsPending: {
    name: 'portcullis_revocations_pending',
    help: 'Revocations that Redis is still to be told of, or has not yet confirmed.',
    type: 'gauge',
    labels: [],
  },
  policyInfo: {
    name: 'portcullis_policy_info',
    help: 'The policy in force, by its digest.',
    type: 'gauge',
    labels: ['digest'],
  },
  policyLoaded: {
    name: 'portcullis_policy_loaded_timestamp_seconds',
    help: 'When the policy in force was loaded, in seconds since the Unix epoch.',
    type: 'gauge',
    labels: [],
  },
  policyReloads: {
    name: 'portcullis_policy_reloads_total',
    help: 'What became of reloads: success, unchanged, or failure, which leaves the old policies in force.',
    type: 'counter',
    labels: ['result'],
  },
  auditRecords: {
    name: 'portcullis_audit_records_total',
    help: 'Records that the audit log has kept.',
    type: 'counter',
    labels: [],
  },
  auditLost: {
    name: 'portcullis_audit_lost_total',
    help: 'Entries that the audit log could not keep.',
    type: 'counter',
    labels: [],
  },
  auditHeads: {
    name: 'portcullis_audit_heads_total',
    help: 'What became of signed heads of the audit log on their way out, by publisher.',
    type: 'counter',
    labels: ['publisher', 'result'],
  },
  auditDropped: {
    name: 'portcullis_audit_dropped_total',
    help: 'Audit records that a copy could not take; the log itself has them.',
    type: 'counter',
    labels: ['copy'],
  },
} as const satisfies Record<string, Family>

const { requests, durations, decisions, inFlight, policyInfo, policyLoaded, policyReloads } = families
const { stateUp, stateCalls, stateDurations } = families
const { limitFallbacks, slotsInUse, slotsAwaited, slotsMissed } = families
const { revocationsHeld, revocationsPending } = families
const { auditRecords, auditLost, auditHeads, auditDropped } = families

export class Exposition {
  /** Of the process: CPU, memory, garbage collection, event loop. */
  readonly #process = new Registry()
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    collectDefaultMetrics({ register: this.#process })
  }

  async write(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { contentType } = this.#process
    return { contentType, text: `${writeOwn(this.#metrics)}${await this.#process.metrics()}` }
  }
}

function writeOwn(metrics: Metrics): string {
  const tallies = [...metrics.tallies]
  return [
    writeFamily(requests, tallies.map(writeRequests).join('')),
    writeFamily(durations, tallies.map(writeDurations).join('')),
    writeFamily(decisions, tallies.map(writeDecisions).join('')),
    writeFamily(inFlight, writeSample(inFlight.name, '', metrics.inFlight)),
    writeStore(metrics.store),
    writeFamily(limitFallbacks, metrics.limitFallbacks.write(limitFallbacks.name)),
    writeSlots([...metrics.slots]),
    writeFamily(revocationsHeld, writeSample(revocationsHeld.name, '', metrics.revocations.held)),
    writeFamily(revocationsPending, writeSample(revocationsPending.name, '', metrics.revocations.pending)),
    writePolicy(metrics.policy),
    writeFamily(policyReloads, metrics.policyReloads.write(policyReloads.name)),
    writeFamily(auditRecords, writeSample(auditRecords.name, '', metrics.auditRecords)),
    writeFamily(auditLost, writeSample(auditLost.name, '', metrics.auditLost)),
    writeFamily(auditHeads, metrics.auditHeads.write(auditHeads.name)),
    writeFamily(auditDropped, metrics.auditDropped.write(auditDropped.name)),
  ].join('')
}

function writeStore({ servers, buckets, seconds, late, failed, skipped }: StoreTally): string {
  if (servers.size === 0) return ''
  const up = Array.from(servers, ([server, isUp]) => writeSample(stateUp.name, writeLabels({ server }), Number(isUp)))
  const { samples, count } = writeBuckets(stateDurations.name, '', buckets, answerBounds)
  const calls = Object.entries({ inTime: count, late, failed, skipped }).map(([answer, number]) =>
    writeSample(stateCalls.name, writeLabels({ answer }), number),
  )
  const total =
    writeSample(`${stateDurations.name}_sum`, '', seconds) + writeSample(`${stateDurations.name}_count`, '', count)
  return [
    writeFamily(stateUp, up.join('')),
    writeFamily(stateCalls, calls.join('')),
    writeFamily(stateDurations, samples + total),
  ].join('')
}

function writeSlots(tallies: readonly SlotTally[]): string {
  if (tallies.length === 0) return ''
  const each = (write: (labels: string, tally: SlotTally) => string) =>
    tallies.map((tally) => write(writeLabels({ limit: tally.limit }), tally)).join('')
  const { name } = slotsMissed
  return [
    writeFamily(
      slotsInUse,
      each((labels, { inUse }) => writeSample(slotsInUse.name, labels, inUse)),
    ),
    writeFamily(
      slotsAwaited,
      each((labels, { waiting }) => writeSample(slotsAwaited.name, labels, waiting)),
    ),
    writeFamily(
      slotsMissed,
      each(
        (labels, { full, late }) =>
          writeSample(name, `${labels},reason="full"`, full) + writeSample(name, `${labels},reason="late"`, late),
      ),
    ),
  ].join('')
}

function writePolicy(policy: Metrics['policy']): string {
  if (policy === undefined) return ''
  const info = writeSample(policyInfo.name, writeLabels({ digest: policy.digest }), 1)
  return (
    writeFamily(policyInfo, info) + writeFamily(policyLoaded, writeSample(policyLoaded.name, '', policy.loaded / 1000))
  )
}

const routeLabels = ({ route, service }: RouteTally): string => writeLabels({ route, service })

function writeRequests(tally: RouteTally): string {
  const labels = routeLabels(tally)
  let text = ''
  for (const [method, byStatus] of tally.requests) {
    for (const [status, count] of byStatus) {
      text += writeSample(requests.name, `${labels},method="${method}",status="${status}"`, count)
    }
  }
  return text
}

function writeDurations(tally: RouteTally): string {
  const { name } = durations
  const labels = routeLabels(tally)
  const { samples, count } = writeBuckets(name, `${labels},`, tally.buckets, bounds)
  return samples + writeSample(`${name}_sum`, labels, tally.seconds) + writeSample(`${name}_count`, labels, count)
}

/** Buckets are cumulative: the last of them holds all, which is the count. */
function writeBuckets(name: string, labels: string, buckets: Float64Array, upTo: readonly number[]) {
  let count = 0
  let samples = ''
  for (const [index, own] of buckets.entries()) {
    count += own
    samples += writeSample(`${name}_bucket`, `${labels}le="${upTo[index] ?? '+Inf'}"`, count)
  }
  return { samples, count }
}

function writeDecisions(tally: RouteTally): string {
  const labels = routeLabels(tally)
  let text = ''
  for (const { guard, mode, allowed, denied } of tally.verdicts()) {
    const judged = `${labels},guard="${guard}",mode="${mode}"`
    text += writeSample(decisions.name, `${judged},outcome="allow"`, allowed)
    text += writeSample(decisions.name, `${judged},outcome="deny"`, denied)
  }
  return text
}
