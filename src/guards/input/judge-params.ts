/** Judges the parameters of the path; they go on as they were matched, whatever a schema makes of them. */

import type { Site } from '../../core/site.ts'
import type { Services } from '../../services/services.ts'
import type { InputBlock, Parameter, Parameters } from './input-block.ts'
import { type Judge, judgementOf } from './judgement.ts'
import { compileParameters } from './parameters.ts'

const undeclared: Parameter = { type: 'string', maxLength: 256 }

const declarationsOf = (params: Parameters, names: readonly string[]): Parameters =>
  Object.fromEntries(
    names.map((name) => [name, Object.hasOwn(params, name) ? (params[name] ?? undeclared) : undeclared]),
  )

export function compileParams({ params = {} }: InputBlock, { route }: Site, { schemas }: Services): Judge {
  const validator = compileParameters(declarationsOf(params, route.params), schemas)
  return (exchange) =>
    judgementOf('params', validator.check(exchange.input.params), (values) => {
      exchange.input.params = values
    })
}
