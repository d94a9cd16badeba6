/** The keywords that judge the same value by other schemas: `$ref`, `allOf`, `anyOf`, `oneOf` and `not`. */

import { blame } from './blame.ts'
import { type Branch, compileBranch, fits } from './branch.ts'
import type { Context, Part } from './node.ts'
import type { JsonSchema } from './schema.ts'
import { placeScope, type Scope } from './scope.ts'
import type { Trail } from './trail.ts'

/** The parts for all of them but `not`, which judges what they leave. */
export function compilePlaces(schema: JsonSchema, scope: Scope, context: Context): readonly Part[] {
  const { $ref, allOf = [], anyOf, oneOf } = schema
  const branches = (place: 'anyOf' | 'oneOf'): readonly Branch[] =>
    (schema[place] ?? []).map((branch) => compileBranch(branch, placeScope(schema, scope, place, branch), context))
  return [
    ...($ref === undefined ? [] : [context.compileTarget($ref, placeScope(schema, scope, '$ref'))]),
    ...allOf.map((branch) => context.compile(branch, placeScope(schema, scope, 'allOf', branch))),
    ...(anyOf ? [compileAnyOf(branches('anyOf'), scope)] : []),
    ...(oneOf ? [compileOneOf(branches('oneOf'), scope)] : []),
  ]
}

/** The part for `not`. */
export function compileNegation({ not: negated }: JsonSchema, scope: Scope, context: Context): Part | undefined {
  if (!negated) return undefined
  const branch = compileBranch(negated, placeScope({}, scope, 'not'), context)
  return {
    accepts: (value) => !fits(branch, value),
    walk: (value, trail) => {
      if (fits(branch, value)) trail.report('not', 'expected a value that `not` does not describe')
      return value
    },
  }
}

/** The first branch that fits gives the value. */
function compileAnyOf(branches: readonly Branch[], { find }: Scope): Part {
  return {
    accepts: (value) => {
      for (const { node, fitsChanged } of branches) {
        if (node.accepts(value)) return true
        if (fitsChanged(value)) return false
      }
      return false
    },
    walk: (value, trail) => {
      const tries = []
      for (const branch of branches) {
        const attempt = tryBranch(branch, value, trail)
        if (attempt.errors.length === 0) return attempt.result
        tries.push(attempt)
      }
      blame({ rule: 'anyOf', value, tries, find }, trail)
      return value
    },
  }
}

/** The only branch that fits gives the value. */
function compileOneOf(branches: readonly Branch[], { find }: Scope): Part {
  return {
    accepts: (value) => {
      const fitting = branches.filter((branch) => fits(branch, value))
      return fitting.length === 1 && fitting.every(({ node }) => node.accepts(value))
    },
    walk: (value, trail) => {
      const tries = branches.map((branch) => tryBranch(branch, value, trail))
      const [fitting, ...others] = tries.filter(({ errors }) => errors.length === 0)
      if (!fitting) blame({ rule: 'oneOf', value, tries, find }, trail)
      if (others.length > 0) trail.report('oneOf', `expected one shape to fit, received a fit of ${others.length + 1}`)
      return fitting && others.length === 0 ? fitting.result : value
    },
  }
}

function tryBranch(branch: Branch, value: unknown, trail: Trail) {
  const fork = trail.fork()
  return { branch, result: branch.node.walk(value, fork), errors: fork.errors }
}
