/** State in Redis, for all nodes together. */

import { StartFault } from '../../core/start-fault.ts'
import type { LocalCounters } from '../counters/counters.ts'
import { redisCounters } from '../counters/redis/counters.ts'
import { RedisSlots } from '../counters/redis-slots/redis-slots.ts'
import { type OpenedStore, openStore } from '../redis/open-store.ts'
import type { StoreWorld } from '../redis/outage.ts'
import { nameOf } from '../redis/target.ts'
import { sharedRevocation } from '../revocation/shared-revocation.ts'
import type { StateSettings } from './settings.ts'
import type { State } from './state.ts'

/** State in this process, which stands in for what Redis does not answer. */
export interface LocalState extends State {
  readonly counters: LocalCounters
}

export interface SharedState {
  readonly state: State
  readonly slots: RedisSlots
  readonly store: OpenedStore
}

export interface Sharing {
  readonly settings: StateSettings
  /** Whether policies cannot do without: some limit says `onStoreFailure: deny`. */
  readonly isNeeded: boolean
  readonly local: LocalState
}

/** Throws `StartFault` where Redis is not reached, and needed. */
export async function openSharedState(sharing: Sharing, world: StoreWorld): Promise<SharedState> {
  const { settings, isNeeded, local } = sharing
  const { prefix, nodes } = settings
  const store = await openStore(settings, world)
  if (store.isAway && isNeeded) {
    const { reason } = store
    await store.close()
    throw new StartFault(
      `Redis at ${nameOf(settings.target)} does not answer (${reason}), and a limit says \`onStoreFailure: deny\`: ` +
        'start Redis, or mend `settings.state`',
    )
  }
  const { clock, metrics } = world
  const counters = redisCounters(store, { prefix, nodes, local: local.counters, clock, metrics })
  const slots = new RedisSlots({ store, prefix, nodes, local: local.slots, clock, metrics })
  const revocation = await sharedRevocation({ store, prefix }, world)
  return { store, slots, state: { counters, slots, revocation } }
}
