/** The parameters of an operation as the parts of an `input` block. */

import { isFieldName } from '../../core/field.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { isMembers, type Members } from '../../schema/types.ts'
import type { At, SchemaConverter } from './convert-schema.ts'
import { readTypes } from './schema-type.ts'
import { membersOf, textOf } from './written.ts'

/** A schema whose `required` tells whether the parameter must be there. */
type Parameter = JsonSchema | Members
type Part = 'params' | 'query' | 'headers' | 'cookies'
export type Parameters = Readonly<Partial<Record<Part, Readonly<Record<string, Parameter>>>>>

const parts: Readonly<Record<string, Part>> = { path: 'params', query: 'query', header: 'headers', cookie: 'cookies' }
/** OpenAPI §4.8.12.2: described elsewhere, as security and by the media types. */
const ignored: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

interface Context {
  readonly converter: SchemaConverter
  readonly at: At
  /** Parameter of the template → parameter of the route. */
  readonly params: ReadonlyMap<string, string>
}

/** Those of the operation stand in place of those of its path. */
export function convertParameters(written: readonly unknown[], context: Context): Parameters {
  const found = new Map<Part, Map<string, Parameter>>()
  for (const parameter of new Map(
    written.filter(isMembers).map((each) => [`${each.in}\0${each.name}`, each]),
  ).values()) {
    const part = Object.hasOwn(parts, String(parameter.in)) ? parts[String(parameter.in)] : undefined
    if (part === undefined) context.at.note(`parameters in \`${String(parameter.in)}\` are left out`)
    else for (const [name, schema] of convertOne(parameter, part, context)) partOf(found, part).set(name, schema)
  }
  return Object.fromEntries([...found].map(([part, schemas]) => [part, Object.fromEntries(schemas)]))
}

function partOf(found: Map<Part, Map<string, Parameter>>, part: Part): Map<string, Parameter> {
  const known = found.get(part) ?? new Map<string, Parameter>()
  found.set(part, known)
  return known
}

type Named = readonly (readonly [name: string, schema: Parameter])[]

function convertOne(parameter: Members, part: Part, context: Context): Named {
  const name = textOf(parameter.name) ?? ''
  const fault = judgeName(name, part, context)
  if (fault === undefined) return spread(name, parameter, part, context)
  if (fault !== '') context.at.note(fault)
  return []
}

/** Why there is no such parameter; empty where nobody needs to know. */
function judgeName(name: string, part: Part, { params }: Context): string | undefined {
  if (part === 'params') return params.has(name) ? undefined : `the path has no \`{${name}}\``
  if (part === 'query') return name === '' ? 'a parameter without a name is left out' : undefined
  if (part === 'headers' && ignored.has(name.toLowerCase())) return ''
  return isFieldName(name) ? undefined : `\`${name}\` cannot be the name of a header or cookie`
}

/** An object is one parameter a member, by `style`; all other shapes are one. */
function spread(name: string, parameter: Members, part: Part, context: Context): Named {
  const { converter, at, params } = context
  const schema = membersOf(converter.shared.follow(parameter.schema))
  const types = readTypes(schema) ?? []
  const { style = part === 'query' || part === 'cookies' ? 'form' : 'simple', explode = style === 'form' } = parameter
  const isText = !isMembers(parameter.schema) || types.includes('object')
  const repeated = part === 'query' && style === 'form' && explode === true
  if (part === 'query' && types.includes('object') && (repeated || style === 'deepObject'))
    return spreadMembers(name, schema, style === 'deepObject', context)
  const isJoined = types.includes('array') && !repeated
  if (isText || isJoined)
    at.note(
      `\`${name}\` is taken as a text: ${isJoined ? 'its items stand in one value' : 'what it holds is not judged'}`,
    )
  const converted: JsonSchema = isText || isJoined ? { type: 'string' } : converter.convertChild(parameter.schema, at)
  const { default: _, ...constant } = converted
  if (part === 'params') return [[params.get(name) ?? name, constant]]
  const isRequired = parameter.required === true
  return [[part === 'headers' ? name.toLowerCase() : name, isRequired ? { ...constant, required: true } : converted]]
}

/** `filter[name]=…`, or one parameter for each member. */
function spreadMembers(name: string, schema: Members, isDeep: boolean, { converter, at }: Context): Named {
  const members = Object.entries(membersOf(schema.properties))
  if (members.length === 0) at.note(`\`${name}\` is left out: which parameters it stands for is not said`)
  return members.map(([member, inner]) => {
    const target = readTypes(membersOf(converter.shared.follow(inner))) ?? []
    const isText = target.includes('object')
    if (isText) at.note(`\`${name}\`.\`${member}\` is taken as a text: what it holds is not judged`)
    return [isDeep ? `${name}[${member}]` : member, isText ? { type: 'string' } : converter.convertChild(inner, at)]
  })
}
