/** The yup schema of a scalar, made from the keyword table: it judges type and keywords, and has the words for both. */

import { type Message, mixed, type Schema, ValidationError } from 'yup'
import type { CompiledAssertion } from './assertions.ts'
import { alternatives } from './phrases.ts'
import { compileTypeTest } from './predicate.ts'
import type { JsonType } from './schema.ts'
import type { Trail } from './trail.ts'
import { kindOf, labelOf } from './types.ts'

export type Explain = (value: unknown, trail: Trail) => void

/** yup's own names for what JSON Schema calls `type`. */
const typeTests: ReadonlySet<string> = new Set(['typeError', 'nullable', 'optionality'])
const judging = { strict: true, abortEarly: false, disableStackTrace: true } as const

interface Finding {
  readonly rule: string
  readonly message: string
  readonly allowed: readonly string[] | undefined
}

/**
 * Reports what yup finds. Its schema is made at the first failure, since most leaves never see one; and it is asked once for
 * each way of failing, since its words say nothing else of a value (measured: a tenth of a refusal).
 */
export function compileLeaf(types: readonly JsonType[] | undefined, assertions: readonly CompiledAssertion[]): Explain {
  const isType = compileTypeTest(types)
  let leaf: Schema | undefined
  let known: Map<string, readonly Finding[]> | undefined
  const find = (value: unknown): readonly Finding[] => {
    leaf ??= createLeaf(types, assertions)
    return judge(leaf, value).map(({ type = 'typeError', message }) => {
      const allowed = assertions.find(({ name }) => name === type)?.allowed
      return { rule: typeTests.has(type) ? 'type' : type, message, allowed }
    })
  }
  return (value, trail) => {
    const way = isType(value) ? assertions.map(({ test }) => test(value)).join() : String(kindOf(value))
    known ??= new Map()
    const findings = known.get(way) ?? find(value)
    known.set(way, findings)
    for (const { rule, message, allowed } of findings) trail.report(rule, message, allowed)
  }
}

/** What yup finds wrong with a value, which it is never let to cast. */
function judge(leaf: Schema, value: unknown): readonly ValidationError[] {
  try {
    leaf.validateSync(value, judging)
    return []
  } catch (error) {
    if (error instanceof ValidationError) return error.inner
    throw error
  }
}

/** Messages are functions: in a string, yup would take a `${…}` of a constant for a place to put the value. */
const createLeaf = (types: readonly JsonType[] | undefined, assertions: readonly CompiledAssertion[]): Schema =>
  assertions.reduce<Schema>(
    (leaf, { name, test, message }) => leaf.test({ name, message: () => message, test }),
    types ? createTyped(types) : mixed().nullable(),
  )

function createTyped(types: readonly JsonType[]): Schema {
  const isType = compileTypeTest(types)
  const expected = alternatives(types.map(labelOf))
  const wrongType: Message = ({ value }) => describeType(expected, value)
  const typed = mixed({ check: (value): value is NonNullable<unknown> => isType(value) })
    .typeError(wrongType)
    .defined(wrongType)
  return isType(null) ? typed.nullable() : typed.nonNullable(wrongType)
}

function describeType(expected: string, value: unknown): string {
  const received = kindOf(value)
  return received ? `expected ${expected}, received ${labelOf(received)}` : `expected ${expected}`
}
