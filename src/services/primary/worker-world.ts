/** The world of a worker: what all processes of the node have in common is its primary's. */

import { memoryCounters } from '../counters/memory.ts'
import { memorySlots } from '../counters/memory-slots.ts'
import { Desk } from '../counters/primary/desk.ts'
import { primaryCounters } from '../counters/primary/primary-counters.ts'
import { PrimarySlots } from '../counters/primary/primary-slots.ts'
import type { Log } from '../log.ts'
import { localRevocation } from '../revocation/local-revocation.ts'
import type { World } from '../services.ts'
import type { State } from '../state/state.ts'
import { createWorld } from '../world.ts'
import type { Link } from './link.ts'
import { NodeStores } from './node-stores.ts'
import { primaryRevocation } from './primary-revocation.ts'
import { WorkerMetrics } from './worker-metrics.ts'

/** `workers` share what is counted. */
export function workerWorld(log: Log, link: Link, workers: number): World {
  const metrics = new WorkerMetrics(link)
  const world = { ...createWorld(log, workers), metrics }
  const { clock } = world
  const counters = memoryCounters(clock)
  const desk = new Desk(link, clock, (answers) => slots.hear(answers))
  const slots = new PrimarySlots({ desk, workers, local: memorySlots(metrics) })
  link.ended(() => slots.end())
  const shared: State = {
    counters: primaryCounters({ desk, workers, local: counters, clock, metrics }),
    slots,
    revocation: primaryRevocation(link, clock, metrics),
  }
  // Slots that are a node's own are its primary's wherever the rest is.
  const local = { counters, slots, revocation: localRevocation(clock, metrics) }
  return { ...world, stores: new NodeStores({ local, shared, workers }, world) }
}
