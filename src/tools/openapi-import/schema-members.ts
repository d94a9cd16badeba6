/** The members of an object: `properties`, `required` and what is said of other names. */

import type { JsonSchema } from '../../schema/schema.ts'
import { isMembers, type Members } from '../../schema/types.ts'
import type { At, SchemaConverter } from './convert-schema.ts'
import { known, listOf, membersOf } from './written.ts'

const readOnly = 'what is `readOnly` in the document is for answers: no request may carry it'

/** What is `readOnly` is not for a client to send: to accept it would let a client write what is not its own. */
export function convertMembers(written: Members, converter: SchemaConverter, at: At): JsonSchema {
  const all = Object.entries(membersOf(written.properties))
  const taken = all.filter(([, schema]) => schema !== false && !converter.shared.isReadOnly(schema))
  if (taken.length < all.length) converter.shared.noteHead(readOnly)
  const refused = new Set(all.map(([name]) => name).filter((name) => !taken.some(([other]) => other === name)))
  const names = listOf(written.required).filter(
    (name): name is string => typeof name === 'string' && !refused.has(name),
  )
  const properties = Object.fromEntries(taken.map(([name, schema]) => [name, converter.convertChild(schema, at)]))
  for (const name of at.inPlace ? [] : names)
    if (!Object.hasOwn(properties, name)) Object.defineProperty(properties, name, memberOf(converter.shared.anything()))
  return known({
    properties: Object.keys(properties).length > 0 ? properties : undefined,
    required: names.length > 0 ? [...new Set(names)] : undefined,
    additionalProperties: convertOthers(written, converter, at),
    propertyNames: isMembers(written.propertyNames)
      ? converter.convertChild({ type: 'string', ...written.propertyNames }, at)
      : undefined,
    dependentRequired: isMembers(written.dependentRequired) ? written.dependentRequired : undefined,
  }) as JsonSchema
}

const memberOf = (value: unknown) => ({ value, enumerable: true, writable: true, configurable: true })

/** OpenAPI's default is an open object, ours a closed one, and ours stays: only what is said opens. */
function convertOthers(written: Members, converter: SchemaConverter, at: At): JsonSchema | boolean | undefined {
  const { additionalProperties: others = written.unevaluatedProperties, patternProperties } = written
  const patterns = Object.values(membersOf(patternProperties))
  if (patterns.length > 0) {
    at.note('`patternProperties` is left out: what it says holds for every other member')
    const schemas = patterns.map((schema) => converter.convertChild(schema, at))
    return schemas.length === 1 ? schemas[0] : { anyOf: schemas }
  }
  if (others === true) return true
  if (!isMembers(others)) return undefined
  return Object.keys(others).length === 0 ? true : converter.convertChild(others, at)
}

/** An object of which nothing is said holds anything (OpenAPI's "free-form object"). */
export const isFreeForm = (written: Members, inPlace: boolean): boolean =>
  !inPlace &&
  ['properties', 'additionalProperties', 'unevaluatedProperties', 'patternProperties', 'enum', 'const'].every(
    (keyword) => !Object.hasOwn(written, keyword),
  )
