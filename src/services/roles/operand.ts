/** What may stand beside an operator, as far as that can be told before its references and expressions have values. */

import { ExpressionFault, hasExpression, hasReference, parseExpression } from '../../core/expression.ts'
import { isBasic, type OperandKind } from './operators.ts'

interface OperandFault {
  readonly rule: 'roles/operand-type' | 'roles/invalid-expression'
  /** Where inside the operand. */
  readonly at: readonly number[]
  readonly message: string
  readonly hint?: string
}

const expected: Readonly<Record<OperandKind, string>> = {
  scalar: 'expected one value',
  bound: 'expected a number or a text',
  list: 'expected a list',
  size: 'expected a count',
}

const fits: Readonly<Record<Exclude<OperandKind, 'list'>, (operand: unknown) => boolean>> = {
  scalar: isBasic,
  bound: (operand) => typeof operand === 'string' || (typeof operand === 'number' && Number.isFinite(operand)),
  size: (operand) => Number.isSafeInteger(operand) && Number(operand) >= 0,
}

/** A type as messages call it. */
export function nameOf(value: unknown): string {
  if (value === null) return '`null`'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'nothing' : 'an object'
  return { string: 'a text', number: 'a number', boolean: 'a truth value' }[typeof value as string] ?? 'nothing'
}

/** Faults of an operand; a text that is filled in later is not judged yet. */
export function checkOperand(kind: OperandKind, operand: unknown): readonly OperandFault[] {
  if (hasReference(operand)) return []
  if (hasExpression(operand)) return checkExpression(kind, operand)
  if (kind === 'list') return checkList(operand)
  if (fits[kind](operand)) return []
  const hint =
    kind === 'scalar' && Array.isArray(operand) ? { hint: 'for one of several values write `{ $in: […] }`' } : {}
  return [{ rule: 'roles/operand-type', at: [], message: `${expected[kind]}, got ${nameOf(operand)}`, ...hint }]
}

function checkList(operand: unknown): readonly OperandFault[] {
  if (Array.isArray(operand) && operand.length > 0) {
    return operand.flatMap((item, index) =>
      checkOperand('scalar', item).map((fault) => ({ ...fault, at: [index, ...fault.at] })),
    )
  }
  return [{ rule: 'roles/operand-type', at: [], message: `${expected.list}, got ${nameOf(operand)}` }]
}

function checkExpression(kind: OperandKind, text: string): readonly OperandFault[] {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault)
    return [{ rule: 'roles/invalid-expression', at: [], message: expression.message }]
  if (expression.single || kind === 'scalar' || kind === 'bound') return []
  return [{ rule: 'roles/operand-type', at: [], message: `${expected[kind]}, got a text with an expression in it` }]
}
