/** The findings of `check` about an `input` block. */

import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { isFieldName } from '../../core/field.ts'
import type { Site } from '../../core/site.ts'
import { suggest } from '../../core/suggest.ts'
import { checkBody } from './check-body.ts'
import { checkJsonSchema } from './check-json-schema.ts'
import type { InputBlock, Parameter, Parameters } from './input-block.ts'
import { objectOf } from './parameters.ts'

/** Schemas that are none or that nothing fits, names that are none, and keys that mean nothing where they stand. */
export const checkInput = (block: InputBlock, site: Site): readonly Fault[] => [
  ...checkParameters('params', block.params),
  ...checkParams(block.params, site),
  ...checkParameters('query', block.query === 'any' ? undefined : block.query),
  ...checkParameters('headers', block.headers),
  ...checkNames('headers', block.headers),
  ...checkParameters('cookies', block.cookies),
  ...checkNames('cookies', block.cookies),
  ...checkBody(block, site),
]

/** The parameters of a part that are there to be judged: not a reference to them, none that holds one. */
const known = (parameters: Parameters | undefined): [string, Parameter][] =>
  parameters === undefined || hasReference(JSON.stringify(parameters)) ? [] : Object.entries(parameters)

function checkParameters(part: keyof InputBlock, parameters: Parameters | undefined): Fault[] {
  const entries = known(parameters)
  if (entries.length === 0) return []
  const misplaced = entries.filter(([, { required }]) => !['undefined', 'boolean'].includes(typeof required))
  const unreadable = entries.filter(([, { type }]) => type === 'object')
  const faults = checkJsonSchema(objectOf(Object.fromEntries(entries))).filter(({ path }) => path.length > 1)
  return [
    ...misplaced.map(([name]) => notBoolean([part, name, 'required'])),
    ...unreadable.map(([name]) => neverObject([part, name, 'type'])),
    ...faults.map((fault) => ({ ...fault, path: [part, ...fault.path.slice(1)] })),
  ]
}

const notBoolean = (path: Fault['path']): Fault => ({
  rule: 'input/invalid-schema',
  path,
  message: 'expected `true` or `false`',
  hint: '`required: true` on a parameter says that it must be there',
})

const neverObject = (path: Fault['path']): Fault => ({
  rule: 'input/unsatisfiable',
  path,
  message: 'expected a type that a text can be read as, not `object`',
  hint: 'write a scalar type, or an array of them',
})

function checkParams(params: Parameters | undefined, { route }: Site): Fault[] {
  return known(params).flatMap(([name, schema]) => {
    if (!route.params.includes(name)) return [unknownParameter(name, route)]
    const kept = (['transform', 'default'] as const).filter((keyword) => schema[keyword] !== undefined)
    return kept.map((keyword) => ({
      rule: 'input/path-unchanged',
      path: ['params', name, keyword],
      message: `\`${keyword}\` does not change the path that goes on`,
      onKey: true,
    }))
  })
}

function unknownParameter(name: string, { path, params }: Site['route']): Fault {
  const near = suggest(name, params)
  const fault = {
    rule: 'input/unknown-parameter',
    path: ['params', name],
    message: `\`${path}\` has no \`:${name}\``,
    onKey: true,
  }
  return near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }
}

function checkNames(part: 'headers' | 'cookies', parameters: Parameters | undefined): Fault[] {
  const seen = new Set<string>()
  return known(parameters).flatMap(([name]) => {
    const at = { path: [part, name], onKey: true }
    if (!isFieldName(name)) return [{ ...at, rule: 'input/invalid-name', message: `expected a name, not \`${name}\`` }]
    const same = part === 'headers' ? name.toLowerCase() : name
    if (seen.has(same)) return [{ ...at, rule: 'input/duplicate-header', message: `\`${name}\` is declared twice` }]
    seen.add(same)
    return []
  })
}
