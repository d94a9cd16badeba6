/** A node that leads to where a reference leads: it bounds the depth, and asks nothing twice. */

import type { Effort, Walked } from './effort.ts'
import type { Node } from './node.ts'
import { refusal } from './refusal.ts'
import type { Trail } from './trail.ts'

const pending = refusal('$ref', 'expected a schema that is compiled')

/** Leads to a node that is compiled later: a recursive schema meets itself. */
export class Forward implements Node {
  target: Node = pending
  /** Whether several references lead here: only then can the same value come twice. */
  isShared = false
  readonly #levels: number
  readonly #effort: Effort

  constructor(levels: number, effort: Effort) {
    this.#levels = levels
    this.#effort = effort
  }

  readonly accepts = (value: unknown): boolean => {
    this.#effort.enter(this.#levels)
    const verdicts = this.#remembers ? this.#effort.verdictsOf(this) : undefined
    const verdict = verdicts?.get(value) ?? this.target.accepts(value)
    verdicts?.set(value, verdict)
    this.#effort.leave(this.#levels)
    return verdict
  }

  readonly walk = (value: unknown, trail: Trail): unknown => {
    this.#effort.enter(this.#levels)
    const result = this.#remembers ? this.#walkOnce(value, trail) : this.target.walk(value, trail)
    this.#effort.leave(this.#levels)
    return result
  }

  get #remembers(): boolean {
    return this.isShared && this.#effort.remembers
  }

  #walkOnce(value: unknown, trail: Trail): unknown {
    const walks = this.#effort.walksOf(this)
    const known = walks.get(value)
    const walked = known && isEnough(known, trail.limit) ? known : this.#walkApart(value, trail)
    walks.set(value, walked)
    trail.adopt(walked.errors)
    return walked.changed ? walked.result : value
  }

  #walkApart(value: unknown, trail: Trail): Walked {
    const fork = trail.fork()
    const result = this.target.walk(value, fork)
    return { result, changed: !Object.is(result, value), errors: fork.errors, limit: fork.limit }
  }
}

/** Whether a walk has found all the errors that a trail of this limit has room for. */
const isEnough = ({ errors, limit }: Walked, wanted: number): boolean => errors.length < limit || limit >= wanted
