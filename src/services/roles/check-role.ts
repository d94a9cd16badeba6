/** The faults of one role's rules: what CASL would find out only when asked, or never. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import { holdsOperators, isObject } from './condition.ts'
import { checkOperand, nameOf } from './operand.ts'
import { isJoining, joining, nesting, type OperandKind, operators } from './operators.ts'
import { isInverted, type RoleRule } from './rule.ts'

export const roleRules: Rules = {
  'roles/can-or-cannot': {
    severity: 'error',
    cause: 'A rule either allows or forbids.',
    hint: 'keep one of `can` and `cannot`',
  },
  'roles/unknown-operator': {
    severity: 'error',
    cause: 'Conditions know a closed list of operators; one that nothing evaluates would decide nothing.',
    hint: `known are ${[...operators.keys(), ...nesting, ...joining].map((name) => `\`${name}\``).join(', ')}`,
  },
  'roles/operand-type': {
    severity: 'error',
    cause: 'An operator stands with a value that it can never be compared with.',
    hint: 'see the operators in the reference',
  },
  'roles/invalid-attribute': {
    severity: 'error',
    cause: 'A condition names an attribute that no resource can have.',
    hint: 'write the name of an attribute, or a path such as `owner.id`',
  },
  'roles/invalid-expression': {
    severity: 'error',
    cause: 'A value of a condition looks like an expression, but is none.',
    hint: 'write a path such as `${user.id}`',
  },
  'roles/never-true': {
    severity: 'warning',
    cause: 'A missing attribute never allows anything, and always forbids; a test for its absence cannot change that.',
    hint: 'let the resource say `null`, and compare with `null`',
  },
}

/** What holds for all conditions of one rule. */
interface Scope {
  readonly inverted: boolean
  /** Inside an odd number of `$not`. */
  readonly negated: boolean
  readonly path: Fault['path']
}

const maxDepth = 16

const below = (scope: Scope, ...segments: Fault['path']): Scope => ({ ...scope, path: [...scope.path, ...segments] })

/** Faults of the rules that stand for one role at one place; paths start from that list. */
export const checkRole = (rules: readonly RoleRule[]): readonly Fault[] => rules.flatMap(checkRule)

function checkRule(rule: RoleRule, index: number): readonly Fault[] {
  const verbs = [rule.can, rule.cannot].filter((verb) => verb !== undefined)
  if (verbs.length !== 1) return [exclusive(verbs.length, index)]
  if (rule.when === undefined) return []
  return checkConditions(rule.when, { inverted: isInverted(rule), negated: false, path: [index, 'when'] })
}

const exclusive = (verbs: number, index: number): Fault => ({
  rule: 'roles/can-or-cannot',
  path: [index],
  message: `expected \`can\` or \`cannot\`, got ${verbs === 0 ? 'neither' : 'both'}`,
})

function checkConditions(when: unknown, scope: Scope): readonly Fault[] {
  if (hasReference(when)) return []
  if (!isObject(when) || Object.keys(when).length === 0) return [misfit(scope, 'expected at least one condition', when)]
  if (scope.path.length > maxDepth) return [misfit(scope, `expected conditions of at most ${maxDepth} levels`)]
  return Object.entries(when).flatMap(([name, operand]) => checkEntry(name, operand, below(scope, name)))
}

function checkEntry(name: string, operand: unknown, scope: Scope): readonly Fault[] {
  if (isJoining(name)) return checkJoined(operand, scope)
  if (name.startsWith('$')) return [unknownOperator(name, scope, joining)]
  if (name.split('.').some((part) => !isAttribute(part))) {
    return [{ rule: 'roles/invalid-attribute', path: scope.path, onKey: true, message: `\`${name}\` is no attribute` }]
  }
  if (!isObject(operand)) return checkValue('scalar', operand, scope)
  return checkOperators(operand, scope)
}

const reserved = new Set(['', '__proto__', 'constructor', 'prototype'])
const isAttribute = (part: string): boolean => !reserved.has(part) && !part.startsWith('$')

function checkJoined(operand: unknown, scope: Scope): readonly Fault[] {
  if (!Array.isArray(operand) || operand.length === 0) return [misfit(scope, 'expected a list of conditions', operand)]
  return operand.flatMap((each, index) => checkConditions(each, below(scope, index)))
}

function checkOperators(operand: Readonly<Record<string, unknown>>, scope: Scope): readonly Fault[] {
  const names = Object.keys(operand)
  if (!holdsOperators(operand)) {
    const hint = `for a part of the attribute write its path: \`${scope.path.at(-1)}.${names[0] ?? 'name'}\``
    return [{ ...misfit(scope, 'expected a value or operators', operand), hint }]
  }
  if (scope.path.length > maxDepth) return [misfit(scope, `expected conditions of at most ${maxDepth} levels`)]
  return names.flatMap((name) => checkOperator(name, operand[name], below(scope, name)))
}

function checkOperator(name: string, operand: unknown, scope: Scope): readonly Fault[] {
  if (name === '$not') return checkNegated(operand, scope)
  if (name === '$exists') return checkExists(operand, scope)
  if (name === '$elemMatch') return checkItems(operand, scope)
  const operator = operators.get(name)
  return operator === undefined ? [unknownOperator(name, scope, nesting)] : checkValue(operator.operand, operand, scope)
}

function checkNegated(operand: unknown, scope: Scope): readonly Fault[] {
  if (!isObject(operand))
    return [{ ...misfit(scope, 'expected operators', operand), hint: 'for one value write `$ne`' }]
  return checkOperators(operand, { ...scope, negated: !scope.negated })
}

function checkExists(operand: unknown, scope: Scope): readonly Fault[] {
  if (hasReference(operand)) return []
  if (typeof operand !== 'boolean') return [misfit(scope, 'expected `true` or `false`', operand)]
  if ((operand !== scope.negated) !== scope.inverted) return []
  const message = scope.inverted
    ? 'always holds in a `cannot`: a missing attribute forbids too'
    : 'never holds in a `can`: a missing attribute never allows'
  return [{ rule: 'roles/never-true', path: scope.path, message }]
}

function checkItems(operand: unknown, scope: Scope): readonly Fault[] {
  return isObject(operand) && holdsOperators(operand) ? checkOperators(operand, scope) : checkConditions(operand, scope)
}

const checkValue = (kind: OperandKind, operand: unknown, { path }: Scope): readonly Fault[] =>
  checkOperand(kind, operand).map(({ at, ...fault }) => ({ ...fault, path: [...path, ...at] }))

function unknownOperator(name: string, { path }: Scope, beside: readonly string[]): Fault {
  const fault: Fault = {
    rule: 'roles/unknown-operator',
    path,
    onKey: true,
    message: `no operator \`${name}\` is known here`,
  }
  if (name === '$regex') return { ...fault, hint: 'a pattern can run for ever; list the values with `$in`' }
  const near = suggest(name, [...(beside === joining ? [] : operators.keys()), ...beside])
  return near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }
}

const misfit = ({ path }: Scope, expected: string, got?: unknown): Fault => ({
  rule: 'roles/operand-type',
  path,
  message: got === undefined ? expected : `${expected}, got ${nameOf(got)}`,
})
