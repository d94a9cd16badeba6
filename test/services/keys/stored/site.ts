/** Nodes on one database, each with a pool of keys of its own; their clock and timers run when the test says so. */

import type { ExecutionContext } from 'ava'
import type { KeptSigningKey, SigningKeyState } from '../../../../src/services/accounts/signing-keys.ts'
import type { DataVersion } from '../../../../src/services/database/database.ts'
import { Reread } from '../../../../src/services/database/reread.ts'
import type { IssuerBlock } from '../../../../src/services/keys/issuer.ts'
import { mintToken } from '../../../../src/services/keys/mint.ts'
import type { IssuerWorld } from '../../../../src/services/keys/open-issuer.ts'
import { KeyPool } from '../../../../src/services/keys/stored/key-pool.ts'
import type { KeyStore } from '../../../../src/services/keys/stored/upkeep.ts'
import type { TokenVerifier } from '../../../../src/services/keys/verifier.ts'
import { VerifierPool } from '../../../../src/services/keys/verifier-pool.ts'
import { Agenda } from '../../../fixtures/tokens/agenda.ts'
import { worldOf } from '../../../fixtures/tokens/open.ts'
import type { HandClock } from '../../../helpers/hand-clock.ts'
import { open } from '../../accounts/stores.ts'

export const block = { builtin: true, audience: 'shop-api', refreshTtl: '30d', accessTtl: '10m' } as const

export interface Node {
  readonly pool: KeyPool
  readonly agenda: Agenda
  readonly world: ReturnType<typeof worldOf>
  /** Reads of the store so far. */
  readonly reads: () => number
  /** How the database stands, as the node sees it; it cannot tell unless the test says so. */
  readonly version: { now: DataVersion | undefined }
  /** While it has an error, the store throws it; what it has read it gives when `answers` says so. */
  readonly store: { fault: Error | undefined; answers: Promise<void> | undefined }
  openIssuer(block?: IssuerBlock): Promise<TokenVerifier>
  mint(): string
}

export interface Site {
  readonly clock: HandClock
  readonly keys: Awaited<ReturnType<typeof open>>['store']['signingKeys']
  node(): Node
  /** The `kid` of the keys in a state. */
  kidsOf(state: SigningKeyState): Promise<readonly string[]>
  kept(): Promise<readonly KeptSigningKey[]>
}

export async function openSite(t: ExecutionContext): Promise<Site> {
  const { store, clock } = await open(t, 'sqlite')
  const kept = () => store.signingKeys.list('shop')
  return {
    clock,
    keys: store.signingKeys,
    node: () => nodeOn(t, store.signingKeys, clock),
    kept,
    kidsOf: async (state) => (await kept()).filter((key) => key.state === state).map(({ kid }) => kid),
  }
}

function nodeOn(t: ExecutionContext, keys: KeyStore, clock: HandClock): Node {
  const agenda = new Agenda()
  const control: Node['store'] = { fault: undefined, answers: undefined }
  let reads = 0
  const store: KeyStore = {
    list: async (issuer) => {
      reads++
      if (control.fault) throw control.fault
      const known = await keys.list(issuer)
      await control.answers
      return known
    },
    begin: (...args) => keys.begin(...args),
    rotate: (...args) => keys.rotate(...args),
    replaceNext: (...args) => keys.replaceNext(...args),
    retire: (...args) => keys.retire(...args),
  }
  const world = { ...worldOf({ later: agenda.later }), clock }
  const { status, log } = world
  const version: Node['version'] = { now: undefined }
  const reread = () => new Reread({ dataVersion: async () => version.now }, clock)
  const pool = new KeyPool({ store, reread, clock, later: agenda.later, status, log })
  t.teardown(() => pool.close())
  const [verifiers, storedKeys] = [new VerifierPool(), ((...args) => pool.open(...args)) as IssuerWorld['storedKeys']]
  const openWith = async (given: IssuerBlock = block) => {
    const verifier = await verifiers.open('shop', given, { ...world, ...(storedKeys && { storedKeys }) })
    t.teardown(() => verifier.close())
    return verifier
  }
  const mint = () => mintToken({ name: 'shop', block, sub: 'alice' }, pool.of('shop').current(), clock)
  return { pool, agenda, world, reads: () => reads, version, store: control, openIssuer: openWith, mint }
}
