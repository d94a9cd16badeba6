/** Finds what a value of a policy reads from the request. */

import { type Expression, ExpressionFault, hasExpression, parseExpression } from './expression.ts'

/** The paths of every expression in a value, however deep; what cannot be parsed is passed over. */
export function pathsIn(value: unknown): Expression['paths'] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(pathsIn)
  if (!hasExpression(value)) return []
  const expression = parseExpression(value)
  return expression instanceof ExpressionFault ? [] : expression.paths
}
