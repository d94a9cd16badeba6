/** Everything that was counted, as Prometheus reads it. */

import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'
import { writeAccounts } from './account-lines.ts'
import { families } from './families.ts'
import { bounds, type RouteTally } from './route-tally.ts'
import type { SlotTally } from './slot-tally.ts'
import { answerBounds, type StoreTally } from './store-tally.ts'
import { writeBuckets, writeFamily, writeLabels, writeSample } from './text-format.ts'

const { requests, durations, decisions, inFlight, policyInfo, policyLoaded, policyReloads } = families
const { withheld, shed, eventLoopDelay } = families
const { stateUp, stateCalls, stateDurations } = families
const { limitFallbacks, slotsInUse, slotsAwaited, slotsMissed, slotsFallbacks } = families
const { revocationsHeld, revocationsPending, revocationsRefused } = families
const { certificateExpiry, handshakeFailures } = families
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
    writeFamily(withheld, metrics.withheld.write(withheld.name)),
    writeFamily(inFlight, writeSample(inFlight.name, '', metrics.inFlight)),
    writeFamily(shed, metrics.shed.write(shed.name)),
    writeFamily(eventLoopDelay, writeSample(eventLoopDelay.name, '', readDelay(metrics))),
    writeStore(metrics.store),
    writeFamily(limitFallbacks, metrics.limitFallbacks.write(limitFallbacks.name)),
    writeSlots([...metrics.slots]),
    writeFamily(revocationsHeld, writeSample(revocationsHeld.name, '', metrics.revocations.held)),
    writeFamily(revocationsPending, writeSample(revocationsPending.name, '', metrics.revocations.pending)),
    writeFamily(revocationsRefused, writeSample(revocationsRefused.name, '', metrics.revocations.refused)),
    writeAccounts(metrics.accounts),
    writePolicy(metrics.policy),
    writeFamily(policyReloads, metrics.policyReloads.write(policyReloads.name)),
    writeTls(metrics),
    writeFamily(auditRecords, writeSample(auditRecords.name, '', metrics.auditRecords)),
    writeFamily(auditLost, writeSample(auditLost.name, '', metrics.auditLost)),
    writeFamily(auditHeads, metrics.auditHeads.write(auditHeads.name)),
    writeFamily(auditDropped, metrics.auditDropped.write(auditDropped.name)),
  ].join('')
}

const readDelay = ({ eventLoopDelay: peak }: Metrics): number => peak.read(performance.now()) / 1000

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

function writeTls({ certificates, handshakeFailures: failures }: Metrics): string {
  if (certificates.size === 0) return ''
  const { name } = certificateExpiry
  const expiry = Array.from(certificates, ([certificate, at]) =>
    writeSample(name, writeLabels({ certificate }), at / 1000),
  )
  return (
    writeFamily(certificateExpiry, expiry.join('')) +
    writeFamily(handshakeFailures, writeSample(handshakeFailures.name, '', failures))
  )
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
    writeFamily(
      slotsFallbacks,
      each((labels, { alone }) => writeSample(slotsFallbacks.name, labels, alone)),
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
