/** The world of a real server: this machine's clock and randomness, state in memory. */

import { Trail } from './audit/trail.ts'
import { systemClock } from './clock.ts'
import { memoryCounters } from './counters/memory.ts'
import { memorySlots } from './counters/memory-slots.ts'
import { AccountPool } from './identity/account-pool.ts'
import { VerifierPool } from './keys/verifier-pool.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { randomId } from './random-id.ts'
import { localRevocation } from './revocation/local-revocation.ts'
import { SecretPool } from './secrets/pool.ts'
import type { World } from './services.ts'
import { Stores } from './state/stores.ts'
import { Status } from './status.ts'
import { UpstreamPools } from './upstreams/pools.ts'

/** Made once a process, of so many that share the machine; it outlives every reload. */
export function createWorld(log: Log, workers = 1): World {
  const [clock, metrics, status] = [systemClock, new Metrics(), new Status()]
  const local = {
    counters: memoryCounters(clock),
    slots: memorySlots(metrics),
    revocation: localRevocation(clock, metrics),
  }
  return {
    clock,
    randomId,
    stores: new Stores(local, { clock, metrics, status, log }),
    accounts: new AccountPool({ clock, randomId, metrics, status, log, workers }),
    upstreams: new UpstreamPools(clock),
    secrets: new SecretPool({ clock, status, log }),
    verifiers: new VerifierPool(),
    metrics,
    status,
    audit: new Trail(),
    log,
  }
}
