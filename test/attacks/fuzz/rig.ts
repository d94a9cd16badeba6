/** Opens generated policies with the real compiler and the real server, before one destination, at a clock that is told. */

import { rmSync } from 'node:fs'
import { createApp } from '../../../src/app.ts'
import { PolicyRefused } from '../../../src/policy/findings.ts'
import { listen } from '../../../src/server/listen.ts'
import { memoryCounters } from '../../../src/services/counters/memory.ts'
import { memorySlots } from '../../../src/services/counters/memory-slots.ts'
import { createLog } from '../../../src/services/log.ts'
import { Metrics } from '../../../src/services/metrics.ts'
import { localRevocation } from '../../../src/services/revocation/local-revocation.ts'
import { Stores } from '../../../src/services/state/stores.ts'
import { createWorld } from '../../../src/services/world.ts'
import { writePolicies } from '../../helpers/gate.ts'
import { type Destination, openDestination } from '../destination.ts'
import { issuers } from '../issuers.ts'
import { type AccountBase, makeAccounts } from './accounts.ts'
import { anyDestination, type Policy } from './policy.ts'

/** Goes on only where it is told to. */
export class ToldClock {
  #now = Date.now()
  now = (): number => this.#now
  monotonic = (): number => this.#now
  pass(milliseconds: number): void {
    this.#now += milliseconds
  }
}

export interface Opened {
  readonly port: number
  readonly clock: ToldClock
  /** What was logged as an error. */
  readonly faults: readonly unknown[]
  close(): Promise<void>
}

export interface Rig {
  readonly base: AccountBase
  readonly destination: Destination
  /** The rules of the findings where `check` refuses it. */
  open(policy: Policy): Promise<Opened | readonly string[]>
  close(): Promise<void>
}

export async function openRig(): Promise<Rig> {
  const [base, destination] = [await makeAccounts(), await openDestination()]
  const shared = createWorld(createLog({ pretty: false, level: 'error' }))
  return {
    base,
    destination,
    open: (policy) => openPolicy(policy, { base, shared, upstream: destination.url }),
    close: async () => {
      destination.close()
      await shared.accounts.close()
      await shared.upstreams.close()
    },
  }
}

/** The files of a policy before a destination; JSON is YAML. */
export function filesOf({ files, settings, ...rest }: Policy, base: AccountBase, upstream: string) {
  const limits = { headersTimeout: '5s', requestTimeout: '5s' }
  const shared = {
    ...rest,
    issuers: { ...issuers, ...base.issuers },
    settings: { ...base.settings, limits, ...settings },
  }
  const texts = [shared, ...files].map((part) => JSON.stringify(part).replaceAll(anyDestination, upstream))
  return Object.fromEntries(texts.map((text, index) => [`f${index}.yaml`, text]))
}

interface Parts {
  readonly base: AccountBase
  readonly upstream: string
  readonly shared: ReturnType<typeof createWorld>
}

async function openPolicy(policy: Policy, { base, shared, upstream }: Parts): Promise<Opened | readonly string[]> {
  const [clock, faults] = [new ToldClock(), [] as unknown[]]
  const log = { info() {}, warn() {}, debug() {}, error: (...said: unknown[]) => void faults.push(said) }
  const metrics = new Metrics()
  const local = {
    counters: memoryCounters(clock),
    slots: memorySlots(metrics),
    revocation: localRevocation(clock, metrics),
  }
  const stores = new Stores(local, { clock, metrics, status: shared.status, log })
  const world = { ...shared, clock, log, metrics, stores }
  const directory = writePolicies(filesOf(policy, base, upstream))
  try {
    const app = await createApp(directory, { world, listenOn: { host: '127.0.0.1', port: 0 } })
    const { limits, listen: address } = app.policy.settings
    const server = await listen(app.koa.callback(), { ...address, limits, world, bareHead: app.bareHead })
    const close = async () => {
      await server.close(0)
      await app.close()
      await stores.close()
    }
    return { port: server.port, clock, faults, close }
  } catch (error) {
    await stores.close()
    if (error instanceof PolicyRefused) {
      return error.diagnostics
        .filter(({ severity }) => severity === 'error')
        .map(({ rule, message }) => `${rule}: ${message}`)
    }
    throw error
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
