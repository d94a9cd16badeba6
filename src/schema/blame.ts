/** Why no branch of `anyOf` or `oneOf` fits, told by the branch that was meant. */

import type { Branch } from './branch.ts'
import { admitsType, describeSchema, type Outline, outlineOf, wordsOf } from './describe.ts'
import { isEqual } from './equal.ts'
import { alternatives } from './phrases.ts'
import type { Find } from './resolve.ts'
import type { SchemaError } from './schema.ts'
import type { Trail } from './trail.ts'
import { isMembers, type Members, valuesOf } from './types.ts'

interface Try {
  readonly branch: Branch
  readonly errors: readonly SchemaError[]
}

/** A choice of which no branch fits, and what each of them reported. */
export interface FailedChoice {
  readonly rule: 'anyOf' | 'oneOf'
  readonly value: unknown
  readonly tries: readonly Try[]
  readonly find: Find
}

type Candidate = Try & { readonly outline: Outline }

/** Reports the errors of the branch that was meant, or else what would have been right. */
export function blame({ rule, value, tries, find }: FailedChoice, trail: Trail): void {
  const candidates = tries
    .filter(({ branch }) => admitsType(branch, value, find))
    .map((attempt) => ({ ...attempt, outline: outlineOf(attempt.branch, find) }))
  const meant = isMembers(value) ? findMeant(value, candidates) : candidates
  const [only, ...others] = meant
  if (only && others.length === 0) trail.adopt(only.errors)
  else if (!isMembers(value) || !reportStrangers(value, candidates, trail)) reportExpected({ rule, tries, find }, trail)
}

/** Every alternative, where none is nearer than another. */
function reportExpected({ rule, tries, find }: Omit<FailedChoice, 'value'>, trail: Trail): void {
  const branches = tries.map(({ branch }) => branch)
  const words = branches.flatMap((branch) => wordsOf(branch, find))
  const expected = alternatives(branches.flatMap((branch) => describeSchema(branch, find)))
  trail.report(rule, `expected ${expected}`, words.length > 0 ? words : undefined)
}

/** The candidates that remain when members tell: by a `const` or `enum` that agrees, else by having all that is required. */
function findMeant(value: Members, candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates
  const told = candidates.filter(({ outline }) => isTold(value, outline))
  if (told.length === 1) return told
  return candidates.filter(
    ({ outline }) => outline.required.length > 0 && outline.required.every((name) => Object.hasOwn(value, name)),
  )
}

/** Whether the value names this shape by the members that have one or a few values to choose from. */
function isTold(value: Members, { properties }: Outline): boolean {
  const told = properties.filter(([name, property]) => Object.hasOwn(value, name) && valuesOf(property) !== undefined)
  return (
    told.length > 0 &&
    told.every(([name, property]) => valuesOf(property)?.some((choice) => isEqual(choice, value[name])))
  )
}

/** Members that no candidate knows are the likeliest mistake; tells whether there are any. */
function reportStrangers(value: Members, candidates: readonly Candidate[], trail: Trail): boolean {
  const known = candidates.flatMap(({ outline }) => outline.properties.map(([name]) => name))
  const strangers = Object.keys(value).filter((name) => !known.includes(name))
  if (candidates.length === 0 || candidates.some(({ outline }) => outline.open)) return false
  for (const name of strangers) trail.within(name, () => trail.report('additionalProperties', 'unknown member', known))
  return strangers.length > 0
}
