/** The operators that compare an attribute: CASL's, without `$regex`, and type-strict. */

import { every, some, type Truth } from './truth.ts'

/** What an operator may be written with. */
export type OperandKind = 'scalar' | 'bound' | 'list' | 'size'

export interface Operator {
  readonly operand: OperandKind
  /** Judges the value that an attribute holds against what the rule says; either may be of any type. */
  readonly judge: (value: unknown, operand: unknown) => Truth
  /** The answer is turned round after all values of the attribute were judged: no value may be equal. */
  readonly negated?: boolean
}

/** A value that can be compared: a scalar, or `null`. */
export const isBasic = (value: unknown): value is string | number | boolean | null =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value))

const areComparable = (one: unknown, other: unknown): boolean =>
  isBasic(one) && isBasic(other) && (one === null || other === null || typeof one === typeof other)

const isEqual = (value: unknown, wanted: unknown): Truth =>
  areComparable(value, wanted) ? value === wanted : undefined

/** Unknown where nothing in the list is of the value's type. */
function isOneOf(value: unknown, list: unknown): Truth {
  if (!Array.isArray(list) || !isBasic(value)) return undefined
  if (list.includes(value)) return true
  return list.length === 0 || list.some((item) => areComparable(value, item)) ? false : undefined
}

/** Strings by UTF-16 code units, as JavaScript compares them. */
type Order = <T extends string | number>(value: T, bound: T) => boolean

const ordered =
  (holds: Order): Operator['judge'] =>
  (value, bound) => {
    if (typeof value === 'number' && typeof bound === 'number') return holds(value, bound)
    return typeof value === 'string' && typeof bound === 'string' ? holds(value, bound) : undefined
  }

/** Judges a list by its items: one that fits suffices. */
const each =
  (judge: Operator['judge']): Operator['judge'] =>
  (value, operand) =>
    Array.isArray(value) ? some(value, (item) => judge(item, operand)) : judge(value, operand)

/** An empty operand says nothing, and so is unknown. */
const holdsAll: Operator['judge'] = (value, wanted) =>
  Array.isArray(wanted) && wanted.length > 0 ? every(wanted, (item) => isOneOf(item, value)) : undefined

const hasSize: Operator['judge'] = (value, size) =>
  Array.isArray(value) && typeof size === 'number' ? value.length === size : undefined

const table = {
  $eq: { operand: 'scalar', judge: each(isEqual) },
  $ne: { operand: 'scalar', judge: each(isEqual), negated: true },
  $in: { operand: 'list', judge: each(isOneOf) },
  $nin: { operand: 'list', judge: each(isOneOf), negated: true },
  $lt: { operand: 'bound', judge: each(ordered((value, bound) => value < bound)) },
  $lte: { operand: 'bound', judge: each(ordered((value, bound) => value <= bound)) },
  $gt: { operand: 'bound', judge: each(ordered((value, bound) => value > bound)) },
  $gte: { operand: 'bound', judge: each(ordered((value, bound) => value >= bound)) },
  $all: { operand: 'list', judge: holdsAll },
  $size: { operand: 'size', judge: hasSize },
} as const satisfies Readonly<Record<string, Operator>>

export const isEqualTo = table.$eq
export const operators: ReadonlyMap<string, Operator> = new Map(Object.entries(table))

/** Operators that hold conditions instead of a value to compare with. */
export const nesting = ['$elemMatch', '$exists', '$not'] as const
/** Operators that stand in place of an attribute. */
export const joining = ['$and', '$or'] as const

export const isJoining = (name: string): boolean => joining.some((each) => each === name)
