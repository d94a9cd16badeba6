/** The walk over lists: `prefixItems`, then `items`. */

import { ListDraft } from './draft.ts'
import type { Context, Node, Part } from './node.ts'
import { compileOpen } from './open.ts'
import { count } from './phrases.ts'
import type { Predicate } from './predicate.ts'
import { refusal } from './refusal.ts'
import type { JsonSchema } from './schema.ts'
import { childScope, type Scope } from './scope.ts'
import type { Trail } from './trail.ts'

/** What a list is judged by. */
interface Shape {
  readonly prefix: readonly Node[]
  /** Judges the items after the prefix; nothing where any goes. */
  readonly rest: Node | undefined
}

/** The part of a node that judges items; nothing where any list fits. */
export function compileItems(schema: JsonSchema, scope: Scope, context: Context): Part | undefined {
  const inner = childScope(scope)
  const { items, prefixItems = [] } = schema
  const prefix = prefixItems.map((item) => context.compile(item, inner))
  const rest = items === false ? refuseRest(prefix.length) : compileOpen(items, inner, context)
  if (prefix.length === 0 && !rest) return undefined
  const shape = { prefix, rest }
  return {
    on: 'array',
    accepts: compileTest(shape),
    walk: (value, trail) => walkItems(value as readonly unknown[], shape, trail),
  }
}

const refuseRest = (most: number): Node =>
  refusal('items', most === 0 ? 'expected an empty list' : `expected at most ${count(most, 'item')}`)

function compileTest({ prefix, rest }: Shape): Predicate {
  return (value) => {
    const items = value as readonly unknown[]
    for (let index = 0; index < items.length; index++) {
      const node = prefix[index] ?? rest
      if (!node) return true
      if (!node.accepts(items[index])) return false
    }
    return true
  }
}

function walkItems(items: readonly unknown[], { prefix, rest }: Shape, trail: Trail): readonly unknown[] {
  const draft = new ListDraft(items)
  for (const [index, item] of items.entries()) {
    const node = prefix[index] ?? rest
    if (!node || trail.full) break
    trail.within(index, () => draft.set(index, node.walk(item, trail)))
  }
  return draft.value
}
