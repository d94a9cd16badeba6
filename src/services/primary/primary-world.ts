/** The world of a primary process: what it holds for its workers. */

import { memoryCounters } from '../counters/memory.ts'
import { memorySlots } from '../counters/memory-slots.ts'
import { WorkerCounts } from '../counters/primary/worker-counts.ts'
import type { Log } from '../log.ts'
import type { World } from '../services.ts'
import { createWorld } from '../world.ts'
import type { Link } from './link.ts'
import { NodeMetrics } from './node-metrics.ts'
import { WorkerRevocations } from './worker-revocations.ts'

export interface PrimaryWorld {
  readonly world: World
  /** Serves a worker; what it holds is given back when it is gone. */
  admit(link: Link): void
  /** Tells a worker of what is revoked; before that it must not serve. */
  brief(link: Link): void
}

export function primaryWorld(log: Log): PrimaryWorld {
  const metrics = new NodeMetrics()
  const world = { ...createWorld(log), metrics }
  const { clock } = world
  const counted = { counters: memoryCounters(clock), slots: memorySlots(metrics) }
  const revocations = new WorkerRevocations(clock, metrics)
  return {
    world,
    admit(link) {
      new WorkerCounts(link, counted)
      metrics.admit(link)
    },
    brief: (link) => revocations.admit(link),
  }
}
