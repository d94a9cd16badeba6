/** The keywords that judge the same value by other schemas: `$ref`, `allOf`, `anyOf`, `oneOf` and `not`. */

import { blame } from './blame.ts'
import { type Branch, compileBranch, fitsChanged, fitsSoon } from './branch.ts'
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
    ...(anyOf ? [compileChoice(branches('anyOf'), compileAnyOf, scope)] : []),
    ...(oneOf ? [compileChoice(branches('oneOf'), compileOneOf, scope)] : []),
  ]
}

/** Where nothing changes, what fits needs no walk, which would explain why all other branches refuse it. */
function compileChoice(branches: readonly Branch[], compile: typeof compileAnyOf, scope: Scope): Part {
  const { accepts, walk } = compile(branches, scope)
  if (branches.some(({ changes }) => changes)) return { accepts, walk }
  return { accepts, walk: (value, trail) => (accepts(value) ? value : walk(value, trail)) }
}

/** The part for `not`. */
export function compileNegation({ not: negated }: JsonSchema, scope: Scope, context: Context): Part | undefined {
  if (!negated) return undefined
  const branch = compileBranch(negated, placeScope({}, scope, 'not'), context)
  return {
    accepts: (value) => !fitsSoon(branch, value),
    walk: (value, trail) => {
      if (branch.fits(value)) trail.report('not', 'expected a value that `not` does not describe')
      return value
    },
  }
}

/** The first branch that fits gives the value. */
function compileAnyOf(branches: readonly Branch[], { find }: Scope): Part {
  return {
    accepts: (value) => {
      for (const branch of branches) {
        if (branch.node.accepts(value)) return true
        if (fitsChanged(branch, value)) return false
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
      let fitting = 0
      for (const branch of branches) {
        if (branch.node.accepts(value)) fitting++
        else if (fitsChanged(branch, value)) return false
        if (fitting > 1) return false
      }
      return fitting === 1
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
