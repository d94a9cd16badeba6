/** The targets of references, each compiled once for each surrounding. */

import type { Effort } from './effort.ts'
import { heightOf } from './extent.ts'
import { Forward } from './forward.ts'
import type { Context } from './node.ts'
import type { Located } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import type { Scope } from './scope.ts'

/** What the references of one compilation lead to. */
export class Targets {
  readonly #effort: Effort
  readonly #known = new Map<JsonSchema, Map<string, Forward>>()
  readonly #waiting: { readonly forward: Forward; readonly schema: JsonSchema; readonly scope: Scope }[] = []

  constructor(effort: Effort) {
    this.#effort = effort
  }

  get isEmpty(): boolean {
    return this.#known.size === 0
  }

  /** The node of a reference; throws a TypeError where it leads nowhere or never ends. */
  find(reference: string, scope: Scope): Forward {
    const found = scope.find(reference, scope.document)
    if (!found) throw new TypeError(`expected \`$ref\` to lead to a schema, received \`${reference}\``)
    const variants = this.#known.get(found.schema) ?? new Map<string, Forward>()
    this.#known.set(found.schema, variants)
    const surroundings = describe(scope)
    const known = variants.get(surroundings)
    if (known) known.isShared = true
    const forward = known ?? this.#await(found, scope)
    variants.set(surroundings, forward)
    return forward
  }

  /** Compiles all that references lead to, one after the other: a long chain of them takes no stack. */
  compileAll(compile: Context['compile']): void {
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      next.forward.target = compile(next.schema, next.scope)
    }
  }

  #await({ schema, document }: Located, scope: Scope): Forward {
    const forward = new Forward(heightOf(schema) + 1, this.#effort)
    this.#waiting.push({ forward, schema, scope: { ...scope, document } })
    return forward
  }
}

/** What of a scope makes a difference to the node: names in any order, and only where others are refused. */
const describe = ({ known: { names, open }, fresh, negated }: Scope): string =>
  JSON.stringify([open || names.toSorted(), fresh, negated])
