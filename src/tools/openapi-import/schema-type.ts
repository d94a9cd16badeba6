/** The types that a schema of a document means, stated or not. */

import { keywordRows } from '../../schema/keywords.ts'
import type { JsonSchema, JsonType } from '../../schema/schema.ts'
import { isOfType, type Members } from '../../schema/types.ts'
import { textOf } from './written.ts'

const every: readonly JsonType[] = ['string', 'number', 'boolean', 'object', 'array', 'null']
const isType = (word: unknown): word is JsonType => typeof word === 'string' && Object.hasOwn(isOfType, word)

/** Any value: what a schema that says nothing lets in. */
export const anything: JsonSchema = { type: every, items: true, additionalProperties: true }

/** What judges a value without stating its type. */
const elsewhere = ['$ref', 'enum', 'const', 'oneOf', 'anyOf', 'allOf']

/** The stated types, else those that the keywords speak of; undefined where neither says. */
export function readTypes(written: Members): readonly JsonType[] | undefined {
  const stated = [written.type].flat().filter((word) => word !== undefined)
  const types = [...new Set(stated.filter(isType))]
  if (types.length > 0) return written.nullable === true && !types.includes('null') ? [...types, 'null'] : types
  if (stated.length > 0 || elsewhere.some((keyword) => Object.hasOwn(written, keyword))) return undefined
  const spoken = keywordRows.flatMap(([name, { on }]) => (on !== undefined && Object.hasOwn(written, name) ? [on] : []))
  if (Object.hasOwn(written, 'patternProperties')) spoken.push('object')
  return spoken.length === 0 ? undefined : [...new Set(spoken)]
}

/** As people write it: one type by itself. */
export const writeTypes = (types: readonly JsonType[]): JsonSchema['type'] => (types.length === 1 ? types[0] : types)

/** Text in place of numbers and flags where only text is let in: `type: string, enum: [1, 2]`. */
export function readValues(values: readonly unknown[], types: readonly JsonType[] | undefined): readonly unknown[] {
  if (types === undefined || types.some((type) => type !== 'string' && type !== 'null')) return values
  return values.map((value) => (['number', 'boolean'].includes(typeof value) ? String(value) : value))
}

/** A pattern in Unicode mode, as JSON Schema asks; undefined where it is none. */
export function readPattern(written: unknown): string | undefined {
  const pattern = textOf(written)
  if (pattern === undefined) return undefined
  const settled = pattern.replace(/\\([^\w^$\\.*+?()[\]{}|/-])/gu, '$1').replace(/\\([-_])/g, unescapeOutside(pattern))
  return [pattern, settled].find(compiles)
}

/** Older patterns escape a hyphen where Unicode mode lets nobody: outside of brackets. */
const unescapeOutside =
  (pattern: string) =>
  (escaped: string, char: string, at: number): string => {
    const before = pattern.slice(0, at).replace(/\\./g, '')
    return char === '_' || before.lastIndexOf('[') <= before.lastIndexOf(']') ? char : escaped
  }

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}
