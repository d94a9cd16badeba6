/** Why no branch of `anyOf` or `oneOf` fits, told by the branch that was meant. */

import type { Branch } from './branch.ts'
import { admitsType, describeSchema, type Outline, outlineOf, wordsOf } from './describe.ts'
import { isEqual } from './equal.ts'
import { alternatives } from './phrases.ts'
import { toPointer } from './pointer.ts'
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

/** Reports the errors of the branch that was meant, else those of all likely ones, else what would have been right. */
export function blame({ rule, value, tries, find }: FailedChoice, trail: Trail): void {
  const candidates = tries.filter(({ branch }) => admitsType(branch, value, find))
  const [meant, ...others] = isMembers(value) ? findMeant(value, candidates, find) : candidates
  const errors = meant && others.length === 0 ? meant.errors : errorsInCommon(candidates)
  if (errors.length > 0) trail.adopt(errors)
  else reportExpected({ rule, tries, find }, trail)
}

/** Every alternative, where none is nearer than another. */
function reportExpected({ rule, tries, find }: Omit<FailedChoice, 'value'>, trail: Trail): void {
  const branches = tries.map(({ branch }) => branch)
  const words = branches.flatMap((branch) => wordsOf(branch, find))
  const expected = alternatives(branches.flatMap((branch) => describeSchema(branch, find)))
  trail.report(rule, `expected ${expected}`, words.length > 0 ? words : undefined)
}

/** The candidates that members leave: by a `const` or `enum` that agrees, else by having all that is required. */
function findMeant(value: Members, candidates: readonly Try[], find: Find): readonly Try[] {
  if (candidates.length < 2) return candidates
  const outlines = new Map(candidates.map((candidate) => [candidate, outlineOf(candidate.branch, find)]))
  const told = candidates.filter((candidate) => isTold(value, outlines.get(candidate)))
  return told.length === 1 ? told : candidates.filter((candidate) => isComplete(value, outlines.get(candidate)))
}

/** Whether the value names this shape by the members that have one or a few values to choose from. */
function isTold(value: Members, outline: Outline | undefined): boolean {
  const telling = outline?.properties.filter(([name, property]) => Object.hasOwn(value, name) && valuesOf(property))
  if (!telling || telling.length === 0) return false
  return telling.every(([name, property]) => valuesOf(property)?.some((choice) => isEqual(choice, value[name])))
}

const isComplete = (value: Members, { required = [] }: Partial<Outline> = {}): boolean =>
  required.length > 0 && required.every((name) => Object.hasOwn(value, name))

/** What every candidate reports of the same place by the same rule, a member that none of them knows above all. */
function errorsInCommon([first, ...rest]: readonly Try[]): readonly SchemaError[] {
  const others = rest.map(({ errors }) => new Map(errors.map((error) => [keyOf(error), error])))
  return (first?.errors ?? []).flatMap((error) => {
    const same = others.map((errors) => errors.get(keyOf(error)))
    if (same.includes(undefined)) return []
    const allowed = new Set([error, ...same].flatMap((one) => one?.allowed ?? []))
    return [{ ...error, ...(error.allowed && { allowed: [...allowed] }) }]
  })
}

const keyOf = ({ rule, message, path }: SchemaError): string => [rule, message, toPointer(path)].join('\0')
