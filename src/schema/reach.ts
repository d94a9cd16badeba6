/** What can be reached from a schema: each schema once, however many ways lead to it. */

import type { Located } from './resolve.ts'
import type { JsonSchema } from './schema.ts'

/** Gives where a schema leads, in order. */
export type Next = (at: Located) => readonly Located[]

/** The schema itself and all that `next` leads to, in the order of the document; without recursion, however far. */
export function reach(from: Located, next: Next): readonly Located[] {
  const reached = new Map<JsonSchema, Located>()
  const waiting = [from]
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    if (reached.has(at.schema)) continue
    reached.set(at.schema, at)
    waiting.push(...next(at).toReversed())
  }
  return [...reached.values()]
}
