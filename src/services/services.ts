/** What guards and handlers need from the world, each part behind one small interface. */

import type { JsonSchema } from '../schema/schema.ts'
import type { Trail } from './audit/trail.ts'
import type { Clock } from './clock.ts'
import type { Counters } from './counters/counters.ts'
import type { Slots } from './counters/slots.ts'
import type { TokenVerifier } from './keys/verifier.ts'
import type { VerifierPool } from './keys/verifier-pool.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { ApiDocuments } from './openapi.ts'
import type { Revocation } from './revocation/revocation.ts'
import type { Roles } from './roles/roles.ts'
import type { Status } from './status.ts'
import type { Upstreams } from './upstreams/upstreams.ts'

/** What outlives a reload: one for the process. */
export interface World {
  readonly clock: Clock
  /** Random and unguessable, 32 hex digits: request ids, trace ids. */
  readonly randomId: () => string
  readonly counters: Counters
  readonly slots: Slots
  readonly upstreams: Upstreams
  readonly verifiers: VerifierPool
  readonly revocation: Revocation
  readonly metrics: Metrics
  readonly status: Status
  readonly audit: Trail
  readonly log: Log
}

/** The world, and what the policy's other sections hold, opened. */
export interface Services extends World {
  /** By name, as in `issuers`. */
  readonly issuers: ReadonlyMap<string, TokenVerifier>
  readonly roles: Roles
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly documents: ApiDocuments
  /** The default of `input.maxBytes`. */
  readonly maxBodyBytes: number
}
