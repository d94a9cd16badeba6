/** What a gate tells its listeners. */

import type { Withheld } from '../core/decision.ts'
import type { Code } from '../core/denial.ts'
import type { Diagnostic } from '../core/diagnostic.ts'

/** The policies that are in force from here on. */
export interface PolicyEvent {
  /** SHA-256 over the files of the policy directory, in hex. */
  readonly digest: string
  /** What `check` warns of, and what only the real values show. */
  readonly warnings: readonly Diagnostic[]
}

/** A reload that was refused: the policies from before stay in force. */
export interface RefusedEvent {
  /** `PolicyRefused`, with its diagnostics; `DirectoryFault`, or `StartFault`. */
  readonly error: unknown
}

/** How a request ended, whoever answered it. Holds no credential, no query and no body. */
export interface DecisionEvent {
  readonly requestId: string
  readonly method: string
  /** The route that it met, as written: `GET /orders/:id`; none where nothing matched. */
  readonly route: string | undefined
  /** The status that the client got; 499 where it left before the answer began. */
  readonly status: number
  /** Why it was refused; none where it was not. */
  readonly code: Code | undefined
  /** The guard that refused it; none where something else did: a malformed request, an unknown path, the destination. */
  readonly guard: string | undefined
  /** The line of the policy that says so: `policies/orders.yaml:14`; that of the route where no guard refused it. */
  readonly policy: string | undefined
  /** The digest of the policies that judged it; none where none were in force. */
  readonly digest: string | undefined
  /** What report-only guards would have refused. */
  readonly reported: readonly { readonly guard: string; readonly policy: string; readonly code: Code }[]
  /** What `authorize` left out of the answer, or under `reportOnly` would have; none where nothing was. */
  readonly withheld: Withheld | undefined
  /** Who called; none where nobody was authenticated. */
  readonly principal: { readonly id: string; readonly issuer: string } | undefined
  /** The client's address, as `trustedProxies` tell it. */
  readonly address: string
  /** From the first byte of the request that the gate saw to the last of the answer. */
  readonly milliseconds: number
  /** The client went away before the answer was finished. */
  readonly aborted: boolean
}

/** By name: what its listeners are called with. */
export interface PortcullisEvents {
  open: [PolicyEvent]
  reload: [PolicyEvent]
  refused: [RefusedEvent]
  decision: [DecisionEvent]
  close: []
}
