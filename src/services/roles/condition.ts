/** Compiles the conditions of a rule: work at start-up, look up and compare at request time. */

import type { Exchange } from '../../core/exchange.ts'
import { ExpressionFault, hasExpression, parseExpression } from '../../core/expression.ts'
import { isBasic, isEqualTo, isJoining, type Operator, operators } from './operators.ts'
import { every, not, some, type Truth } from './truth.ts'

/** Judges a resource, or one item of it; expressions are read from the exchange. */
type Condition = (document: unknown, exchange: Exchange) => Truth

export type Conditions = Readonly<Record<string, unknown>>

/** Compiles what `checkRole` found no fault in. */
export const compileConditions = (when: Conditions): Condition =>
  all(Object.entries(when).map(([name, operand]) => compileEntry(name, operand)))

const all =
  (conditions: readonly Condition[]): Condition =>
  (document, exchange) =>
    every(conditions, (condition) => condition(document, exchange))

const oneOf =
  (conditions: readonly Condition[]): Condition =>
  (document, exchange) =>
    some(conditions, (condition) => condition(document, exchange))

const opposite =
  (condition: Condition): Condition =>
  (document, exchange) =>
    not(condition(document, exchange))

function compileEntry(name: string, operand: unknown): Condition {
  if (name === '$and') return all((operand as readonly Conditions[]).map(compileConditions))
  if (name === '$or') return oneOf((operand as readonly Conditions[]).map(compileConditions))
  return compileAttribute(name.split('.'), operand)
}

/** An object of operators, or a value that the attribute must equal. */
function compileAttribute(path: readonly string[], operand: unknown): Condition {
  if (!isObject(operand)) return compare(path, isEqualTo, operand)
  return all(Object.entries(operand).map(([name, inner]) => compileOperator(path, name, inner)))
}

function compileOperator(path: readonly string[], name: string, operand: unknown): Condition {
  if (name === '$not') return opposite(compileAttribute(path, operand))
  if (name === '$exists') return along(path, () => operand === true)
  if (name === '$elemMatch') return along(path, compileItems(operand as Conditions))
  const operator = operators.get(name)
  if (operator === undefined) throw new TypeError(`unknown operator: ${name}`)
  return compare(path, operator, operand)
}

function compare(path: readonly string[], { judge, negated }: Operator, operand: unknown): Condition {
  const read = compileOperand(operand)
  const condition = along(path, (value, exchange) => judge(value, read(exchange)))
  return negated ? opposite(condition) : condition
}

/** Operators judge an item itself, conditions its attributes. */
function compileItems(operand: Conditions): Condition {
  const condition = holdsOperators(operand) ? compileAttribute([], operand) : compileConditions(operand)
  return (value, exchange) => (Array.isArray(value) ? some(value, (item) => condition(item, exchange)) : undefined)
}

/** Whether an object speaks of a value by operators, and not of attributes by name. */
export const holdsOperators = (operand: Conditions): boolean =>
  Object.keys(operand).some((name) => name.startsWith('$') && !isJoining(name))

/** Judges what a path leads to: own members only, and of the objects in a list each. */
function along(path: readonly string[], judge: Condition): Condition {
  const [name, ...rest] = path
  if (name === undefined) return (value, exchange) => (value === undefined ? undefined : judge(value, exchange))
  const next = along(rest, judge)
  const step: Condition = (holder, exchange) => {
    if (typeof holder !== 'object' || holder === null) return undefined
    if (Array.isArray(holder) && !isIndex(name)) {
      return holder.length === 0 ? undefined : some(holder, (item) => step(item, exchange))
    }
    return Object.hasOwn(holder, name) ? next((holder as Conditions)[name], exchange) : undefined
  }
  return step
}

const isIndex = (name: string): boolean => /^\d+$/.test(name)

export const isObject = (value: unknown): value is Conditions =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value as written, or as its expressions say at request time; a list with a valueless item has no value. */
function compileOperand(operand: unknown): (exchange: Exchange) => unknown {
  if (hasExpression(operand)) return parse(operand).read
  if (!Array.isArray(operand) || !operand.some(hasExpression)) return () => operand
  const items = operand.map(compileOperand)
  return (exchange) => {
    const values = items.map((read) => read(exchange))
    return values.every(isBasic) ? values : undefined
  }
}

function parse(text: string) {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault) throw new TypeError(`\`${text}\`: ${expression.message}`)
  return expression
}
