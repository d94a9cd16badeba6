/** What a policy directory becomes: one stack a route. */

import type { AuditPlan } from '../core/audit.ts'
import type { Judge } from '../core/decision.ts'
import type { RouteFacts } from '../core/site.ts'
import type { Plan, Preflight, Step } from '../guards/guard.ts'
import type { Destination } from '../handlers/handler.ts'
import type { Settings } from './settings.ts'

/** One step in its place; a report-only one decides and is recorded, but does not refuse. */
export interface Stage {
  readonly step: Step
  readonly reportOnly: boolean
}

export type WriteHead = NonNullable<Plan['head']>

export interface Stack {
  readonly facts: RouteFacts
  /** Exact names, or `*.example.com`; empty for any host. */
  readonly hosts: readonly string[]
  /** In the order of the gates. */
  readonly stages: readonly Stage[]
  /** The steps of `stages`, as decisions record them. */
  readonly judges: readonly Judge[]
  /** Of every guard that writes on the head, outermost first. */
  readonly heads: readonly WriteHead[]
  /** What `cors` alone writes: a 405 of this path carries it. */
  readonly corsHead: WriteHead | undefined
  readonly preflight: Preflight | undefined
  /** What is put on record; nothing but refusals and changes where there is none. */
  readonly audit: AuditPlan | undefined
  readonly destination: Destination
  /** Whether it answers also while the server is overloaded. */
  readonly isVital?: boolean
}

export interface CompiledPolicy {
  readonly settings: Settings
  readonly stacks: readonly Stack[]
  /** What the `headers` guard writes where no route was met. */
  readonly bareHead: WriteHead
  /** SHA-256 over the files of the directory, in hex. */
  readonly digest: string
}
