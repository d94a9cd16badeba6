/** What a schema lets in, in a few words. */

import { isDeepStrictEqual } from 'node:util'
import { durationPattern, sizePattern } from '../../src/core/duration.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'
import { code, codes } from './markdown.ts'

/** The alternatives of a schema, those of a union inside a union included. */
export const alternativesOf = (schema: JsonSchema): readonly JsonSchema[] =>
  (schema.anyOf ?? schema.oneOf)?.flatMap(alternativesOf) ?? [schema]

/** "integer, 1 to 65535", "`api`, `web`", "list of texts". */
export function shapeOf(schema: JsonSchema): string {
  const alternatives = alternativesOf(schema)
  const shapes = alternatives.map((each) => (isListOfAnother(each, alternatives) ? 'a list of these' : oneShape(each)))
  return [...new Set(shapes)].join(' or ')
}

/** Whether it is a list of what may also stand alone. */
const isListOfAnother = ({ items }: JsonSchema, alternatives: readonly JsonSchema[]): boolean =>
  items !== undefined && alternatives.some((other) => isDeepStrictEqual(other, items))

function oneShape(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(String(schema.const))
  if (schema.enum) return schema.enum.length > 8 ? 'one word of a list' : codes(schema.enum.map(String))
  if (schema.$ref) return 'schema'
  if (typeof schema.type === 'object') return schema.type.length > 4 ? 'any value' : schema.type.join(' or ')
  switch (schema.type) {
    case 'array':
      return listShape(schema)
    case 'object':
      return mapShape(schema)
    case 'string':
      return textShape(schema)
    case 'integer':
    case 'number':
      return `${schema.type}${boundsOf(schema.minimum, schema.maximum)}`
    case 'null':
      return code('null')
    case 'boolean':
      return 'boolean'
    default:
      return 'any value'
  }
}

function listShape({ items, minItems, maxItems }: JsonSchema): string {
  const inner = typeof items === 'object' ? shapeOf(items) : 'anything'
  const most = maxItems === undefined ? '' : ` (${minItems ?? 0} to ${maxItems})`
  return `list of ${inner.includes(' or ') ? `(${inner})` : plural(inner)}${most}`
}

const plural = (words: string): string =>
  /^(text|scope|duration|size|object|schema|integer|number)$/.test(words) ? `${words}s` : words

function mapShape({ additionalProperties, properties }: JsonSchema): string {
  if (properties !== undefined) return 'object'
  if (typeof additionalProperties === 'object') {
    const inner = shapeOf(additionalProperties)
    return inner === 'any value' ? 'map' : `map: name → ${inner}`
  }
  return additionalProperties === true ? 'schema' : 'object'
}

const named: Readonly<Record<string, string>> = { [durationPattern]: 'duration', [sizePattern]: 'size' }

function textShape({ pattern, title, format, maxLength }: JsonSchema): string {
  const name = (pattern && named[pattern]) || title?.replace(/^an? /, '') || format || 'text'
  return name === 'text' && maxLength !== undefined ? `text (at most ${count(maxLength)} characters)` : name
}

function boundsOf(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `, ${count(least)} to ${count(most)}`
  if (least !== undefined) return `, ${count(least)} or more`
  return most === undefined ? '' : `, at most ${count(most)}`
}

const count = (number: number): string => number.toLocaleString('en-US')
