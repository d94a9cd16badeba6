/** Schemas as others read them: plain JSON Schema 2020-12, which says what the house takes for granted. */

import { type Keyword, keywords } from './keywords.ts'
import { reach } from './reach.ts'
import { createSafeFind, type Find, followed, heldBy, type Located } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import { childScope, closedNames, placeScope, rootScope, type Scope } from './scope.ts'
import { isPlace } from './subschemas.ts'
import { isMembers } from './types.ts'

/** A schema of the standard; keywords of our own stand in it as `x-…`. */
export type StandardSchema = Readonly<Record<string, unknown>>

type Shared = Readonly<Record<string, JsonSchema>>

/** Where a schema is written, and the place of its subschemas. */
interface Held {
  readonly keyword: keyof typeof keywords
  readonly parent: JsonSchema
  readonly scope: Scope
}

/**
 * Writes schemas in the standard's words. What their references lead to is written once, as a component of its own for
 * each surrounding that makes a difference: what closes an object here depends on the schemas around it.
 */
export class StandardWriter {
  readonly #base: string
  readonly #find: Find
  readonly #documents: ReadonlyMap<JsonSchema, string>
  readonly #names = new Map<JsonSchema, Map<string, string>>()
  readonly #written = new Map<string, StandardSchema>()

  /** `base` stands before the name of a component in a `$ref`. */
  constructor(schemas: Shared, base: string) {
    this.#base = base
    this.#find = createSafeFind(schemas)
    this.#documents = new Map(Object.entries(schemas).map(([name, schema]) => [schema, name]))
  }

  /** The components that were referred to so far, by name. */
  get components(): ReadonlyMap<string, StandardSchema> {
    return this.#written
  }

  /** Writes a schema; `document` is what `#` means in it. */
  write(schema: JsonSchema, document: JsonSchema = schema): StandardSchema {
    return this.#write(schema, rootScope(document, this.#find))
  }

  #write(schema: JsonSchema, scope: Scope): StandardSchema {
    const entries = Object.entries(schema).map(([keyword, value]) => this.#keyword(keyword, value, { schema, scope }))
    return close(Object.fromEntries(entries), schema, closedNames(schema, scope))
  }

  #keyword(name: string, value: unknown, { schema, scope }: { schema: JsonSchema; scope: Scope }): [string, unknown] {
    if (name === '$ref') return [name, this.#refer(String(value), schema, scope)]
    if (name === 'transform') return ['x-transform', value]
    const keyword = name as keyof typeof keywords
    const { holds }: Keyword = keywords[keyword]
    return [name, holds === undefined ? value : this.#inner(value, { keyword, parent: schema, scope })]
  }

  /** What a keyword holds: a schema, a boolean in its place, a list of them, or one by name. */
  #inner(value: unknown, held: Held): unknown {
    const { holds }: Keyword = keywords[held.keyword]
    if (Array.isArray(value)) return value.map((branch) => this.#write(branch, scopeOf(held, branch)))
    if (!isMembers(value)) return value
    if (holds === 'one') return this.#write(value, scopeOf(held, value))
    const members = Object.entries(value)
    return Object.fromEntries(
      members.map(([name, member]) => [name, this.#write(member as JsonSchema, childScope(held.scope))]),
    )
  }

  #refer(reference: string, schema: JsonSchema, scope: Scope): string {
    const target = this.#find(reference, scope.document)
    if (target === undefined) throw new TypeError(`\`${reference}\` leads to no schema`)
    return `${this.#base}${this.#componentOf(target, placeScope(schema, scope, '$ref'))}`
  }

  #componentOf(target: Located, around: Scope): string {
    const scope = this.#isClosedByHouse(target) ? around : rootScope(target.document, this.#find)
    const surroundings = describe(scope)
    const known = this.#names.get(target.schema) ?? new Map<string, string>()
    this.#names.set(target.schema, known)
    const name = known.get(surroundings) ?? this.#nameOf(target)
    if (known.has(surroundings)) return name
    known.set(surroundings, name)
    // The name is taken before the schema is written: it may lead back to itself.
    this.#written.set(name, {})
    this.#written.set(name, this.#write(target.schema, { ...scope, document: target.document }))
    return name
  }

  /** Whether what stands around a schema can make a difference to it. */
  #isClosedByHouse(target: Located): boolean {
    const inPlace = reach(target, (at) => [...followed(at, this.#find), ...heldBy(at, isPlace)])
    return inPlace.some(({ schema, document }) => closedNames(schema, rootScope(document, this.#find)) !== undefined)
  }

  #nameOf({ schema, document }: Located): string {
    const shared = this.#documents.get(document)?.replaceAll(/[^A-Za-z0-9._-]/g, '_') ?? 'Inline'
    const name = schema === document ? shared : `${shared}.Part`
    for (let index = 2, free = name; ; index++) {
      if (!this.#written.has(free)) return free
      free = `${name}.${index}`
    }
  }
}

const scopeOf = ({ keyword, parent, scope }: Held, branch: JsonSchema): Scope =>
  isPlace(keyword) ? placeScope(keyword === 'not' ? {} : parent, scope, keyword, branch) : childScope(scope)

/** Names in any order, and only where others are refused. */
const describe = ({ known: { names, open }, negated }: Scope): string =>
  JSON.stringify([open || names.toSorted(), negated])

/** Says by keyword what closes an object: its own properties, or also those that schemas around it describe. */
function close(written: StandardSchema, schema: JsonSchema, names: readonly string[] | undefined): StandardSchema {
  if (names === undefined || schema.additionalProperties === false) return written
  const own = schema.properties ?? {}
  if (names.every((name) => Object.hasOwn(own, name))) return { ...written, additionalProperties: false }
  const { allOf = [] } = written as { readonly allOf?: readonly unknown[] }
  const known = { enum: names }
  if (written.propertyNames === undefined) return { ...written, propertyNames: known }
  return { ...written, allOf: [...allOf, { propertyNames: known }] }
}
