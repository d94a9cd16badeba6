/** A value that a schema accepts: written keyword by keyword, and judged by the engine itself. */

import { compileSchema } from '../../../schema/compile.ts'
import { createSafeFind, type Find } from '../../../schema/resolve.ts'
import type { Format, JsonSchema, Validator } from '../../../schema/schema.ts'
import { textFor } from './pattern.ts'

export type Schemas = Readonly<Record<string, JsonSchema>>

/** A schema, what judges it, and a value that it accepts; none where none was found. */
export interface Witnessed {
  readonly schema: JsonSchema
  readonly find: Find
  readonly validator: Validator
  readonly value: unknown
}

/** Of all its members where that fits, else of those alone that must be there. */
export function witness(schema: JsonSchema, schemas: Schemas): Witnessed | undefined {
  const [find, validator] = [createSafeFind(schemas), compileSchema(schema, { schemas })]
  for (const isWhole of [true, false]) {
    const value = attempt(() => new WitnessWriter(find, isWhole).write(schema, schema, 0))
    if (value !== undefined && accepts(validator, value)) return { schema, find, validator, value }
  }
  return undefined
}

/** Whether it passes, changed by a transform or not. */
export const accepts = (validator: Validator, value: unknown): boolean => validator.check(value).errors === undefined

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const deepest = 8

const formatTexts: Readonly<Record<Format, string>> = {
  email: 'someone@example.org',
  uri: 'https://example.org/',
  uuid: '6f1c2c1e-0b7a-4d0e-9a54-3f1f8e2b7c10',
  'date-time': '2030-01-31T23:59:59Z',
  date: '2030-01-31',
  time: '23:59:59Z',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  hostname: 'host.example.org',
}

class WitnessWriter {
  readonly #find: Find
  readonly #isWhole: boolean

  constructor(find: Find, isWhole: boolean) {
    this.#find = find
    this.#isWhole = isWhole
  }

  write(schema: JsonSchema, document: JsonSchema, depth: number): unknown {
    if (depth > deepest) throw new RangeError('the schema is too deep')
    if (schema.$ref !== undefined) {
      const target = this.#find(schema.$ref, document)
      if (target === undefined) throw new TypeError('the reference leads nowhere')
      return this.write(target.schema, target.document, depth + 1)
    }
    const given = [schema.const, ...(schema.enum ?? []), ...(schema.examples ?? []), schema.default]
    const first = given.find((value) => value !== undefined)
    if (first !== undefined) return first
    const [branch] = schema.oneOf ?? schema.anyOf ?? []
    if (branch !== undefined) return this.write({ ...withoutBranches(schema), ...branch }, document, depth + 1)
    if (schema.allOf !== undefined) return this.write(merge(schema, schema.allOf), document, depth + 1)
    return this.#writeType(schema, document, depth)
  }

  #writeType(schema: JsonSchema, document: JsonSchema, depth: number): unknown {
    const [type] = [schema.type ?? (schema.properties ? 'object' : 'string')].flat()
    if (type === 'object') return this.#writeObject(schema, document, depth)
    if (type === 'array') return this.#writeArray(schema, document, depth)
    if (type === 'string') return textOf(schema)
    if (type === 'boolean') return true
    return type === 'null' ? null : numberOf(schema)
  }

  #writeObject(schema: JsonSchema, document: JsonSchema, depth: number): unknown {
    const { properties = {}, required = [], minProperties = 0, additionalProperties } = schema
    const isWritten = (name: string) => required.includes(name) || (this.#isWhole && depth < 4)
    const members = Object.entries(properties)
      .filter(([name]) => isWritten(name))
      .map(([name, member]) => [name, this.write(member, document, depth + 1)])
    const more = typeof additionalProperties === 'object' ? additionalProperties : { type: 'string' as const }
    for (let count = members.length; count < minProperties; count++)
      members.push([`member${count}`, this.write(more, document, depth + 1)])
    return Object.fromEntries(members)
  }

  #writeArray({ prefixItems = [], items, minItems = 0 }: JsonSchema, document: JsonSchema, depth: number): unknown {
    const first = prefixItems.map((item) => this.write(item, document, depth + 1))
    if (typeof items !== 'object') return first
    const wanted = Math.max(minItems, this.#isWhole && depth < 4 ? 1 : 0)
    const rest = Array.from({ length: Math.max(0, wanted - first.length) }, () =>
      this.write(items, document, depth + 1),
    )
    return [...first, ...rest]
  }
}

const withoutBranches = ({ oneOf: _, anyOf: __, ...rest }: JsonSchema): JsonSchema => rest

/** What all branches ask for together; where two say different things, the engine judges. */
function merge({ allOf: _, ...own }: JsonSchema, branches: readonly JsonSchema[]): JsonSchema {
  const all = [own, ...branches]
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required = [] }) => required),
  }
}

function textOf({ pattern, format, minLength = 0 }: JsonSchema): string {
  if (format !== undefined) return formatTexts[format]
  return pattern === undefined ? 'a'.repeat(Math.max(1, minLength)) : textFor(pattern, minLength)
}

function numberOf({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf }: JsonSchema): number {
  const step = multipleOf ?? (type === 'integer' || exclusiveMinimum === undefined ? 1 : 0.5)
  const least = Math.max(minimum ?? Number.NEGATIVE_INFINITY, exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
  if (least === Number.NEGATIVE_INFINITY) return Math.min(1, Math.floor((maximum ?? exclusiveMaximum ?? 2) - step))
  const first = Math.ceil(least / step) * step
  return first === exclusiveMinimum ? first + step : first
}
