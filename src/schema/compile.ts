/** Compiles a schema into a validator: a predicate that accepts early, and a walk that explains. */

import { compileBounded } from './bounded.ts'
import type { Schema } from './builder.ts'
import { checkExtent } from './extent.ts'
import { createSafeFind } from './resolve.ts'
import type { Checked, CompileOptions, JsonSchema, Validator } from './schema.ts'
import { rootScope } from './scope.ts'
import { Trail } from './trail.ts'

const MOST_ERRORS = 20

/**
 * Compiles a schema that `checkSchema` finds nothing wrong with; throws a TypeError for a `$ref` that leads nowhere,
 * for what never ends and for what grows beyond measure. The standard is JSON Schema 2020-12, with objects closed unless they say otherwise.
 */
export function compileSchema<T = unknown>(schema: Schema<T> | JsonSchema, options: CompileOptions = {}): Validator<T> {
  const document = 'json' in schema ? schema.json : schema
  const [fault] = checkExtent(document)
  if (fault) throw new TypeError(fault.message)
  const scope = rootScope(document, createSafeFind(options.schemas))
  const { accepts, walk } = compileBounded(document, scope, options)
  const explain: Validator<T>['check'] = (value) => {
    const trail = new Trail(options.maxErrors ?? MOST_ERRORS)
    const result = walk(value, trail)
    if (trail.errors.length > 0) return { errors: trail.errors }
    return { value: result as T, changed: !Object.is(result, value) }
  }
  // What a placeholder stands for shows only in the walk.
  if (options.placeholder) return { check: explain, accepts: (value) => isUnchanged(explain(value)) }
  return {
    accepts,
    check: (value) => (accepts(value) ? { value: value as T, changed: false } : explain(value)),
  }
}

const isUnchanged = (checked: Checked<unknown>): boolean => checked.errors === undefined && !checked.changed
