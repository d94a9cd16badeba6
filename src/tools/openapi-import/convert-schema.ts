/** The schemas of a document as input schemas: of OpenAPI 3.0's own dialect, and of JSON Schema 2020-12. */

import { keywords } from '../../schema/keywords.ts'
import { kindOfType } from '../../schema/predicate.ts'
import type { JsonSchema, JsonType } from '../../schema/schema.ts'
import { isMembers, type Members } from '../../schema/types.ts'
import { ImportFault } from './import-fault.ts'
import { convertMembers, isFreeForm } from './schema-members.ts'
import { type anything, readTypes, writeTypes } from './schema-type.ts'
import { convertValues } from './schema-values.ts'
import type { SharedSchemas } from './shared-schemas.ts'
import { known, listOf } from './written.ts'

/** Where a schema stands. */
export interface At {
  note(text: string): void
  readonly depth: number
  /** It judges the same value as the schema around it, which declares members as well. */
  readonly inPlace: boolean
}

/** Schemas within one another; the engine takes some sixty. */
const deepest = 60

/** Judging keywords that the language does not have. */
const unsupported = [
  'if',
  'then',
  'else',
  'dependentSchemas',
  'contains',
  'minContains',
  'maxContains',
  '$dynamicRef',
  'additionalItems',
]

export class SchemaConverter {
  readonly shared: SharedSchemas
  /** Of OpenAPI 3.0: nothing counts beside a `$ref`. */
  readonly #isOld: boolean

  constructor(shared: SharedSchemas, isOld: boolean) {
    this.shared = shared
    this.#isOld = isOld
  }

  /** A schema, as a member, an item or by itself. */
  convert(written: unknown, at: At): JsonSchema {
    if (at.depth > deepest) throw new ImportFault(`expected schemas of at most ${deepest} levels`)
    if (written === false) return { type: 'null', const: false }
    if (!isMembers(written)) return this.shared.anything()
    if (typeof written.$ref === 'string') return this.#convertReference(written.$ref, written, at)
    const types = readTypes(written)
    for (const keyword of unsupported)
      if (Object.hasOwn(written, keyword)) at.note(`\`${keyword}\` is left out: the language does not have it`)
    const places = this.#convertPlaces(written, at)
    if (
      types === undefined &&
      Object.keys(places).length === 0 &&
      !Object.hasOwn(written, 'enum') &&
      !Object.hasOwn(written, 'const')
    )
      return { ...this.shared.anything(), ...described(convertValues(written, types, at.note)) }
    return this.#assemble(written, types, places, at)
  }

  /** A schema that judges the same value as the one around it. */
  convertPlace(written: unknown, at: At): JsonSchema {
    return this.convert(written, { ...at, depth: at.depth + 1, inPlace: true })
  }

  /** A schema of a member or an item. */
  convertChild(written: unknown, at: At): JsonSchema {
    return this.convert(written, { ...at, depth: at.depth + 1, inPlace: false })
  }

  #convertReference(reference: string, { $ref: _, ...beside }: Members, at: At): JsonSchema {
    const target = { $ref: `#/schemas/${this.shared.name(reference)}` }
    if (this.#isOld || Object.keys(beside).length === 0) return target
    const around = this.#assemble(beside, readTypes(beside), this.#convertPlaces(beside, at), { ...at, inPlace: true })
    return { ...around, ...target }
  }

  #convertPlaces(written: Members, at: At): JsonSchema {
    const { allOf, anyOf, oneOf } = written
    const convertAll = (schemas: unknown): readonly JsonSchema[] | undefined => {
      const all = listOf(schemas)
      return all.length === 0 ? undefined : all.map((schema) => this.convertPlace(schema, at))
    }
    const negated = isMembers(written.not) ? this.convertPlace(written.not, at) : undefined
    return known({
      allOf: convertAll(allOf),
      anyOf: convertAll(anyOf),
      oneOf: convertAll(oneOf),
      not: negated,
    }) as JsonSchema
  }

  #assemble(written: Members, types: readonly JsonType[] | undefined, places: JsonSchema, at: At): JsonSchema {
    const schema: JsonSchema = {
      ...(types !== undefined && { type: writeTypes(types) ?? [] }),
      ...convertValues(written, types, at.note),
      ...this.#convertItems(written, types, at),
      ...convertMembers(written, this, { ...at, inPlace: at.inPlace || Object.keys(places).length > 0 }),
      ...places,
    }
    if (types?.includes('object') && isFreeForm(written, at.inPlace || Object.keys(places).length > 0)) {
      at.note('an object without `properties` takes any member')
      return this.#finish({ ...schema, additionalProperties: true }, written, types)
    }
    return this.#finish(schema, written, types)
  }

  #convertItems(written: Members, types: readonly JsonType[] | undefined, at: At): JsonSchema {
    const tuple = listOf(written.prefixItems ?? (Array.isArray(written.items) ? written.items : []))
    const prefix = tuple.length === 0 ? {} : { prefixItems: tuple.map((item) => this.convertChild(item, at)) }
    if (isMembers(written.items)) return { ...prefix, items: this.convertChild(written.items, at) }
    if (written.items === false || written.unevaluatedItems === false) return { ...prefix, items: false }
    if (!types?.includes('array') || Object.hasOwn(written, 'enum') || Object.hasOwn(written, 'const')) return prefix
    at.note('a list without `items` takes items of any kind')
    return { ...prefix, items: true }
  }

  /** What is said of other types than the schema has is left out; `nullable` is a choice where no type is stated. */
  #finish(schema: JsonSchema, written: Members, types: readonly JsonType[] | undefined): JsonSchema {
    const kinds = types?.map(kindOfType)
    const fitting = Object.fromEntries(
      Object.entries(schema).filter(([name]) => {
        const { on } = keywords[name as keyof JsonSchema] as { readonly on?: (typeof anything)['type'] }
        return on === undefined || kinds === undefined || kinds.some((kind) => kind === on)
      }),
    ) as JsonSchema
    if (written.nullable !== true || types !== undefined || !this.#isOld) return unwrap(fitting)
    const { description, ...judging } = unwrap(fitting)
    return { ...(description !== undefined && { description }), anyOf: [judging, { type: 'null' }] }
  }
}

const described = ({ description, deprecated }: JsonSchema): JsonSchema =>
  known({ description, deprecated }) as JsonSchema

/** `allOf` of one reference is the reference. */
function unwrap(schema: JsonSchema): JsonSchema {
  const { allOf, ...rest } = schema
  const [only, second] = allOf ?? []
  const isBare = only?.$ref !== undefined && second === undefined && Object.keys(only).length === 1
  return isBare && schema.$ref === undefined ? { ...rest, ...only } : schema
}
