/** The one shape of a guard: a policy block in, a plan of steps and headers out. */

import type { Answer, Head } from '../core/answer.ts'
import type { AuditPlan } from '../core/audit.ts'
import type { Judge } from '../core/decision.ts'
import type { Code, Denial } from '../core/denial.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Site } from '../core/site.ts'
import type { Schema } from '../schema/builder.ts'
import type { OperationPart } from '../services/openapi.ts'
import type { Services } from '../services/services.ts'

/** Where a step stands in the order of `http.md`, outermost first. */
export const gates = [
  'timeout',
  'network',
  'rateLimit:ip',
  'authenticate',
  'csrf',
  'rateLimit:user',
  'scopes',
  'input',
  'rateLimit:input',
  'authorize',
  'concurrency',
  'audit',
] as const
export type Gate = (typeof gates)[number]

/** One judgement at one gate; it refuses by returning a denial, and never throws on purpose. */
export interface Step extends Judge {
  readonly gate: Gate
  decide(exchange: Exchange): Denial | undefined | Promise<Denial | undefined>
}

/** How a path answers CORS preflights. */
export interface Preflight {
  readonly source: Judge['source']
  accepts(origin: string): boolean
  /** `methods` are those of the path whose routes accept the origin. */
  answer(exchange: Exchange, methods: readonly string[]): Answer | Denial
}

type Result = Answer | Denial | Promise<Answer | Denial>

/** Calls the destination, and answers in its place. */
export type Around = (exchange: Exchange, call: () => Result) => Result

/** What a block became: everything that could be done at start-up is done. */
export interface Plan {
  readonly steps?: readonly Step[]
  /** Writes on the head of every answer of the route, refusals included. */
  head?(exchange: Exchange, head: Head): void
  readonly preflight?: Preflight
  /** Stands around the destination; of a guard that only reports, it leaves the answer as it is. */
  readonly around?: Around
  /** What the route puts on record. */
  readonly audit?: AuditPlan
}

export interface Guard<B = unknown> {
  /** The YAML key, and the word wherever a user looks. */
  readonly name: string
  readonly summary: string
  /** A YAML snippet of the block; the reference shows it and a test compiles it. */
  readonly example: string
  readonly schema: Schema<B>
  /** List blocks whose own items may stand beside the inherited ones. */
  readonly inherits?: boolean
  /** The block refuses nobody, so that nothing in its place is weaker. */
  isOpen?(block: B): boolean
  /** The block refuses whomever the inherited one refuses, so that it weakens nothing. */
  isStricter?(block: B, inherited: B): boolean
  /** What holds on a route where no such block is written. */
  readonly implicit?: B
  /** `off` is a block of its own, for its lack means something else; the guard itself warns of it. */
  readonly hasOff?: boolean
  /** The plan is the same for every route: of a block that several inherit, one is made for all. */
  readonly shared?: boolean
  /** May stand in `reportOnly`. */
  readonly reportable?: boolean
  /** The options whose texts may be expressions: `limit.on`. */
  readonly expressions?: readonly string[]
  /** What holds for other guards where a route has this block and they have none written. */
  implies?(block: B): Readonly<Record<string, unknown>>
  /** The refusals that a request can meet because of it. */
  readonly refuses: readonly Code[]
  /** The diagnostics of its own block, by full id. */
  readonly rules?: Rules
  /** Findings beyond the schema; text with `${env:…}` or `${secret:…}` is not judged before it is filled in. */
  check?(block: B, site: Site): readonly Fault[]
  compile(block: B, site: Site, services: Services): Plan | Promise<Plan>
  /** Whether the block cannot decide while the shared store is away. */
  needsStore?(block: B): boolean
  /** What the block means for a client, beyond the refusals; `block` holds no references. */
  describe?(block: B, site: Site): OperationPart
}

/** Keeps the block's type from schema to `compile`. */
export const defineGuard = <B>(guard: Guard<B>): Guard<B> => guard
