/** Values that break one rule of a schema each: made of one that it accepts, and judged by the engine itself. */

import type { Find } from '../../../schema/resolve.ts'
import type { JsonSchema, Path } from '../../../schema/schema.ts'
import { accepts, type Witnessed } from './witness.ts'

/** A value that is refused, and for which one reason. */
export interface Broken {
  readonly path: Path
  /** The keyword: `required`, `maxLength`, … */
  readonly rule: string
  readonly value: unknown
}

/** Longer texts and lists say nothing more. */
const longest = 100_000

/** Each rule broken by one; what the schema accepts all the same is left out. */
export function breaks({ schema, find, validator, value }: Witnessed): readonly Broken[] {
  const found: Broken[] = []
  const visit = (at: Node): void => {
    const here = at.schema.$ref === undefined ? at : follow(at, find)
    if (here === undefined || here.path.length > 8) return
    for (const { rule, value: broken, path = [] } of breaksOf(here.schema, here.value))
      found.push({ rule, path: [...here.path, ...path], value: replace(value, here.path, broken) })
    for (const inner of insideOf(here)) visit(inner)
  }
  visit({ schema, document: schema, path: [], value })
  return found.filter((broken) => !accepts(validator, broken.value))
}

interface Node {
  readonly schema: JsonSchema
  readonly document: JsonSchema
  readonly path: Path
  readonly value: unknown
}

function follow(at: Node, find: Find): Node | undefined {
  const target = find(at.schema.$ref ?? '', at.document)
  return target && { ...at, ...target }
}

function insideOf({ schema, document, path, value }: Node): readonly Node[] {
  const { properties = {}, prefixItems = [], items, allOf = [] } = schema
  const same = allOf.map((branch) => ({ schema: branch, document, path, value }))
  if (Array.isArray(value)) {
    const judged = value.map((_, index) => prefixItems[index] ?? items)
    const inner = value.map((item, index) => ({ schema: judged[index], path: [...path, index], value: item }))
    return [
      ...same,
      ...inner.flatMap((each) => (isSchema(each.schema) ? [{ ...each, schema: each.schema, document }] : [])),
    ]
  }
  if (!isMembers(value)) return same
  const members = Object.entries(properties).filter(([name]) => Object.hasOwn(value, name))
  return [
    ...same,
    ...members.map(([name, member]) => ({ schema: member, document, path: [...path, name], value: value[name] })),
  ]
}

const isSchema = (schema: JsonSchema | boolean | undefined): schema is JsonSchema => typeof schema === 'object'
const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Change {
  readonly rule: string
  readonly value: unknown
  /** Below the value. */
  readonly path?: Path
}

function breaksOf(schema: JsonSchema, value: unknown): readonly Change[] {
  const type: Change = { rule: 'type', value: isMembers(value) ? [] : { not: 'expected' } }
  const listed: readonly Change[] =
    schema.enum !== undefined || schema.const !== undefined
      ? [{ rule: schema.enum ? 'enum' : 'const', value: 'portcullis-attack' }]
      : []
  return [
    type,
    ...listed,
    ...breaksOfText(schema, value),
    ...breaksOfNumber(schema),
    ...breaksOfList(schema, value),
    ...breaksOfObject(schema, value),
  ]
}

function breaksOfText({ minLength = 0, maxLength, pattern, format }: JsonSchema, value: unknown): readonly Change[] {
  if (typeof value !== 'string') return []
  const changes: Change[] = []
  if (minLength > 0) changes.push({ rule: 'minLength', value: value.slice(0, minLength - 1) })
  if (maxLength !== undefined && maxLength < longest)
    changes.push({ rule: 'maxLength', value: value.padEnd(maxLength + 1, value || 'a') })
  if (pattern !== undefined)
    changes.push({ rule: 'pattern', value: `${value}\u{1f9e8}` }, { rule: 'pattern', value: '\u{1f9e8}' })
  if (format !== undefined) changes.push({ rule: 'format', value: `${value} no ${format}` })
  return changes
}

function breaksOfNumber(schema: JsonSchema): readonly Change[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const beyond = {
    minimum: minimum && minimum - 1,
    maximum: maximum && maximum + 1,
    exclusiveMinimum,
    exclusiveMaximum,
    multipleOf: multipleOf && multipleOf * 1.5,
  }
  const changes = Object.entries(beyond).flatMap(([rule, value]) => (value === undefined ? [] : [{ rule, value }]))
  if (minimum === 0) changes.push({ rule: 'minimum', value: -1 })
  if (maximum === 0) changes.push({ rule: 'maximum', value: 1 })
  return schema.type === 'integer' ? [...changes, { rule: 'type', value: 0.5 }] : changes
}

function breaksOfList({ minItems = 0, maxItems, uniqueItems }: JsonSchema, value: unknown): readonly Change[] {
  if (!Array.isArray(value)) return []
  const changes: Change[] = []
  if (minItems > 0) changes.push({ rule: 'minItems', value: value.slice(0, minItems - 1) })
  if (maxItems !== undefined && maxItems < longest / 100 && value.length > 0)
    changes.push({
      rule: 'maxItems',
      value: Array.from({ length: maxItems + 1 }, (_, index) => value[index % value.length]),
    })
  if (uniqueItems && value.length > 0) changes.push({ rule: 'uniqueItems', value: [...value, value[0]] })
  return changes
}

/** A member of its own name `__proto__` too: a reader that takes it for the prototype would not see it. */
function breaksOfObject({ required = [] }: JsonSchema, value: unknown): readonly Change[] {
  if (!isMembers(value)) return []
  const left = required.filter((name) => Object.hasOwn(value, name))
  return [
    ...left.map((name) => ({ rule: 'required', path: [name], value: without(value, name) })),
    { rule: 'additionalProperties', path: ['portcullis-attack'], value: { ...value, 'portcullis-attack': 1 } },
    {
      rule: 'additionalProperties',
      path: ['__proto__'],
      value: Object.defineProperty({ ...value }, '__proto__', { value: { isAdmin: true }, enumerable: true }),
    },
  ]
}

const without = (value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))

/** A copy with another value at the path. */
function replace(value: unknown, [name, ...rest]: Path, inner: unknown): unknown {
  if (name === undefined) return inner
  if (Array.isArray(value)) return value.map((item, index) => (index === name ? replace(item, rest, inner) : item))
  const members = value as Readonly<Record<string, unknown>>
  return { ...members, [name]: replace(members[name], rest, inner) }
}
