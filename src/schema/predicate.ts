/** Predicates in series: the accepting half of a compiled schema. */

import type { JsonType } from './schema.ts'
import { isOfType, type Kind } from './types.ts'

export type Predicate = (value: unknown) => boolean

/** One predicate for many; the short series, which are the common ones, run without a loop. */
export function all(predicates: readonly Predicate[]): Predicate {
  const [first, second, third] = predicates
  if (!first) return () => true
  if (!second) return first
  if (!third) return (value) => first(value) && second(value)
  if (predicates.length === 3) return (value) => first(value) && second(value) && third(value)
  return (value) => {
    for (const predicate of predicates) if (!predicate(value)) return false
    return true
  }
}

/** Whether a value is of one of these types; no list means any. */
export function compileTypeTest(types: readonly JsonType[] | undefined): Predicate {
  if (!types) return () => true
  const tests = types.map((type) => isOfType[type])
  const [only] = tests
  return only && tests.length === 1 ? only : (value) => tests.some((test) => test(value))
}

/** Lets values of other kinds pass, unless the types leave no other kind. */
export function guard(kind: Kind | undefined, types: readonly JsonType[] | undefined, test: Predicate): Predicate {
  if (!kind || types?.every((type) => kindOfType(type) === kind)) return test
  const isOfKind = isOfType[kind]
  return (value) => !isOfKind(value) || test(value)
}

/** Integers are judged by the keywords of numbers. */
export const kindOfType = (type: JsonType): Kind => (type === 'integer' ? 'number' : type)
