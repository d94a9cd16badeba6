/** The targets of references, each compiled once for each surrounding, and bounded in depth. */

import type { Context, Node } from './node.ts'
import { refusal } from './refusal.ts'
import type { JsonSchema } from './schema.ts'
import type { Trail } from './trail.ts'

/** References within references: 64 levels of JSON need a few each; a value without end must not exhaust the stack. */
const DEEPEST = 256
const tooDeep = refusal('$ref', `expected fewer than ${DEEPEST} levels`)

/** Gives a function that compiles where references lead; it throws where one leads nowhere or never ends. */
export function createTargets(compile: Context['compile']): Context['compileTarget'] {
  const compiled = new Map<JsonSchema, Map<string, Node>>()
  const depth = { now: 0 }
  return (reference, scope) => {
    const found = scope.find(reference, scope.document)
    if (!found) throw new TypeError(`expected \`$ref\` to lead to a schema, received \`${reference}\``)
    const variants = compiled.get(found.schema) ?? new Map<string, Node>()
    compiled.set(found.schema, variants)
    const surroundings = JSON.stringify([scope.known, scope.fresh, scope.negated])
    const known = variants.get(surroundings)
    if (known) return known
    const forward = new Forward(depth)
    variants.set(surroundings, forward)
    forward.target = compile(found.schema, { ...scope, document: found.document })
    return forward
  }
}

/** A node that leads to one still to be compiled: a recursive schema meets itself. */
class Forward implements Node {
  target: Node = tooDeep
  readonly #depth: { now: number }

  constructor(depth: { now: number }) {
    this.#depth = depth
  }

  readonly accepts = (value: unknown): boolean => this.#enter((target) => target.accepts(value))
  readonly walk = (value: unknown, trail: Trail): unknown => this.#enter((target) => target.walk(value, trail))

  #enter<T>(step: (target: Node) => T): T {
    this.#depth.now++
    try {
      return step(this.#depth.now > DEEPEST ? tooDeep : this.target)
    } finally {
      this.#depth.now--
    }
  }
}
