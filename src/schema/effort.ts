/** The effort of one validation, so that no value and no schema can make it grow without bound. */

import type { Node } from './node.ts'
import type { SchemaError } from './schema.ts'

/** Levels of schemas within one another, counted along the way: half of what exhausts the stack. */
const DEEPEST = 1024
/** References followed: a megabyte of JSON needs fewer. */
const MOST_STEPS = 1_000_000
/** References followed before answers are kept: a small value is judged again sooner than it is looked up. */
const FREE_STEPS = 256

/** Ends a validation, or a compilation, that goes too far; whoever began it turns this into a refusal. */
export class Exceeded extends TypeError {
  readonly rule: string

  constructor(rule: string, message: string) {
    super(message)
    this.rule = rule
  }
}

/** What came of a walk; one that found all the errors it was asked for may have stopped early. */
export interface Walked {
  readonly result: unknown
  readonly changed: boolean
  readonly errors: readonly SchemaError[]
  readonly limit: number
}

type Memory<T> = Map<Node, Map<unknown, T>>

/** Counts what one validation does, and keeps what it has found out of each value. */
export class Effort {
  /** Whether the same value can come to the same schema twice. */
  mayRepeat = false
  #level = 0
  #steps = 0
  readonly #verdicts: Memory<boolean> = new Map()
  readonly #walks: Memory<Walked> = new Map()

  /** Whether answers are worth keeping. */
  get remembers(): boolean {
    return this.mayRepeat && this.#steps > FREE_STEPS
  }

  /** Follows a reference to a schema of so many levels. */
  enter(levels: number): void {
    this.#level += levels
    if (this.#level > DEEPEST) throw new Exceeded('$ref', `expected fewer than ${DEEPEST} levels of schemas`)
    if (++this.#steps > MOST_STEPS) throw new Exceeded('complexity', 'expected a value that takes less work to judge')
  }

  leave(levels: number): void {
    this.#level -= levels
  }

  /** The verdicts of a node so far, by value. */
  verdictsOf(node: Node): Map<unknown, boolean> {
    return memoryOf(node, this.#verdicts)
  }

  /** The walks of a node so far, by value. */
  walksOf(node: Node): Map<unknown, Walked> {
    return memoryOf(node, this.#walks)
  }

  /** Nothing of a value outlives its validation. */
  reset(): void {
    this.#level = 0
    if (this.remembers) {
      this.#verdicts.clear()
      this.#walks.clear()
    }
    this.#steps = 0
  }
}

function memoryOf<T>(node: Node, memory: Memory<T>): Map<unknown, T> {
  const known = memory.get(node)
  if (known) return known
  const fresh = new Map<unknown, T>()
  memory.set(node, fresh)
  return fresh
}
