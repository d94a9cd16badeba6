/** Judges the parameters of the path; they go on as they were matched, whatever a schema makes of them. */

import type { Site } from '../../core/site.ts'
import { compileSchema } from '../../schema/compile.ts'
import type { Services } from '../../services/services.ts'
import type { InputBlock, Parameter, Parameters } from './input-block.ts'
import { type Judge, judgementOf } from './judgement.ts'
import { objectOf, type Values } from './parameters.ts'

const undeclared: Parameter = { type: 'string', maxLength: 256 }

/** Those of the path that are declared, and what holds for the others. */
export const declarationsOf = (params: Parameters, names: readonly string[]): Parameters =>
  Object.fromEntries(
    names.map((name) => [name, Object.hasOwn(params, name) ? (params[name] ?? undeclared) : undeclared]),
  )

export function compileParams({ params = {} }: InputBlock, { route }: Site, { schemas }: Services): Judge {
  // Matching finds these and no others, so that nobody needs to look for more.
  const schema = { ...objectOf(declarationsOf(params, route.params)), additionalProperties: true }
  const validator = compileSchema<Values>(schema, { schemas, readStrings: true })
  return (exchange) =>
    judgementOf('params', validator.check(exchange.input.params), (values) => {
      exchange.input.params = values
    })
}
