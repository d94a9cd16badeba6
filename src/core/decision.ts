/** What the guards decided about one request, with the line of the policy that says so. */

import type { Denial } from './denial.ts'
import type { Source } from './site.ts'

/** Who judges: one step of a stack, as decisions quote it. */
export interface Judge {
  /** The guard's name: the YAML key. */
  readonly guard: string
  readonly source: Source
}

export interface Verdict {
  readonly judge: Judge
  readonly denial: Denial
}

/** Mutable while the request runs; whoever reads it later takes it as it is then. */
export interface Decision {
  /** The steps of the stack, in order; the first `passed` of them allowed or were report-only. */
  judges: readonly Judge[]
  passed: number
  /** What report-only steps would have refused. */
  readonly reported: Verdict[]
  /** The refusal that was answered, if any; without a judge it came from hygiene, matching or the destination. */
  denial: Denial | undefined
  judge: Judge | undefined
  /** What a guard left out of the answer of the destination. */
  withheld?: Withheld
}

/** How much of an answer may not be read. */
export interface Withheld {
  /** Members of documents. */
  readonly fields: number
  /** Whole documents. */
  readonly items: number
  /** The guard only reports: it would have left this out, and the answer went out whole. */
  readonly reportOnly?: true
}
