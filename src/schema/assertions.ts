/** The keywords that compare a value with their argument: yup has the words for scalars, the table for containers. */

import { type KeywordName, keywordRows } from './keywords.ts'
import type { Explain } from './leaf.ts'
import type { Part } from './node.ts'
import { all, guard, type Predicate } from './predicate.ts'
import type { JsonSchema } from './schema.ts'
import { typesOf } from './types.ts'

/** One asserting keyword of a schema, its argument worked in; values that it does not speak of pass. */
export interface CompiledAssertion {
  readonly name: KeywordName
  readonly test: Predicate
  readonly message: string
  readonly allowed: readonly string[] | undefined
}

/** The asserting keywords of a schema, in the order of the table. */
export function readAssertions(schema: JsonSchema): readonly CompiledAssertion[] {
  const types = typesOf(schema)
  return keywordRows.flatMap(([name, { on, assert }]) => {
    if (!assert || !Object.hasOwn(schema, name)) return []
    // The meta-schema vouches for the argument's shape, and `on` for the value's.
    const argument = schema[name] as never
    const test = guard(on, types, assert.test(argument) as Predicate)
    return [{ name, test, message: assert.message(argument, schema), allowed: assert.allowed?.(argument) }]
  })
}

/** The part of a node that asserts; `explain` is its leaf. */
export function compileAssertions(assertions: readonly CompiledAssertion[], explain: Explain): Part | undefined {
  if (assertions.length === 0) return undefined
  const accepts = all(assertions.map(({ test }) => test))
  return {
    accepts,
    walk: (value, trail) => {
      if (accepts(value)) return value
      if (typeof value !== 'object' || value === null) explain(value, trail)
      else
        for (const { name, test, message, allowed } of assertions)
          if (!test(value)) trail.report(name, message, allowed)
      return value
    },
  }
}
