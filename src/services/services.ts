/** What guards and handlers need from the world, each part behind one small interface. */

import type { JsonSchema } from '../schema/schema.ts'
import type { Trail } from './audit/trail.ts'
import type { Clock } from './clock.ts'
import type { AccountPool } from './identity/account-pool.ts'
import type { Identity } from './identity/identity.ts'
import type { TokenVerifier } from './keys/verifier.ts'
import type { VerifierPool } from './keys/verifier-pool.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { ApiDocuments } from './openapi.ts'
import type { Roles } from './roles/roles.ts'
import type { SecretPool } from './secrets/pool.ts'
import type { Other } from './secrets/secrets.ts'
import type { State } from './state/state.ts'
import type { Stores } from './state/stores.ts'
import type { Status } from './status.ts'
import type { Upstreams } from './upstreams/upstreams.ts'

/** What outlives a reload: one for the process. */
export interface World {
  readonly clock: Clock
  /** Random and unguessable, 32 hex digits: request ids, trace ids. */
  readonly randomId: () => string
  readonly stores: Stores
  readonly accounts: AccountPool
  readonly upstreams: Upstreams
  readonly secrets: SecretPool
  readonly verifiers: VerifierPool
  readonly metrics: Metrics
  readonly status: Status
  readonly audit: Trail
  readonly log: Log
}

/** The world, its state, and what the policy's other sections hold, opened. */
export interface Services extends World, State {
  /** By name, as in `issuers`. */
  readonly issuers: ReadonlyMap<string, TokenVerifier>
  /** Who logs in here; none where no issuer has `refreshTtl`. */
  readonly identity: Identity | undefined
  /** What is accepted beside a secret, by its text, while it is rotated. */
  readonly othersOf: (secret: string) => readonly Other[]
  readonly roles: Roles
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly documents: ApiDocuments
  /** The default of `input.maxBytes`. */
  readonly maxBodyBytes: number
}
