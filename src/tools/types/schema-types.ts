/** The TypeScript types of what input schemas let in, as they leave it: read, with defaults filled in. */

import { hasReference } from '../../core/expression.ts'
import { readFragment } from '../../schema/pointer.ts'
import { createFind, type Find, type Located, targetOf } from '../../schema/resolve.ts'
import type { JsonSchema, JsonType } from '../../schema/schema.ts'
import { isMembers, typesOf, valuesOf } from '../../schema/types.ts'
import { both, closed, comment, either, listOf, membersOf, nameOf, quote, type TypeText, type } from './expression.ts'

type Schemas = Readonly<Record<string, JsonSchema>>

/** Names that stand for something else in the file. */
const taken = ['Inputs', 'Record', 'Readonly', 'Array', 'String', 'Object', 'Number', 'Boolean']

/** Writes the types of schemas; what they refer to has a name, and a declaration of its own. */
export class SchemaTypes {
  readonly #find: Find
  readonly #names = new Map<JsonSchema, string>()
  readonly #taken = new Set(taken)
  readonly #pending: (Located & { readonly name: string })[] = []

  constructor(shared: Schemas) {
    this.#find = createFind(shared)
    for (const [name, schema] of Object.entries(shared)) this.#declare({ schema, document: schema }, name)
  }

  /** The type of a schema; `document` is what `#` means in it. */
  typeOf(schema: JsonSchema, document: JsonSchema = schema): TypeText {
    const { $ref, allOf = [], anyOf, oneOf } = schema
    const parts = [
      ...($ref === undefined ? [] : [this.#referTo($ref, document)]),
      ...(valuesOf(schema) === undefined ? [this.#ofTypes(schema, document)] : [typeOfChoice(schema)]),
      ...allOf.map((each) => this.typeOf(each, document)),
      ...[anyOf, oneOf].flatMap((choice) => choice && [either(choice.map((each) => this.typeOf(each, document)))]),
    ]
    return both(parts.filter((part) => part !== undefined))
  }

  /** A member of an object: whether it is always there, and what it is. */
  member(
    name: string,
    schema: JsonSchema,
    { document, isRequired }: { document: JsonSchema; isRequired: boolean },
  ): string {
    const isThere = isRequired || this.#hasDefault(schema, document)
    const { description } = schema
    return `${comment(description)}readonly ${nameOf(name)}${isThere ? '' : '?'}: ${this.typeOf(schema, document).text}`
  }

  /** The declarations of all that has a name, in the order in which it was met. */
  declarations(): readonly string[] {
    const declared: string[] = []
    // It grows while it is read.
    for (const { schema, document, name } of this.#pending)
      declared.push(`${comment(schema.description)}export type ${name} = ${this.typeOf(schema, document).text}\n`)
    return declared
  }

  #declare(at: Located, wish: string): string {
    const known = this.#names.get(at.schema)
    if (known !== undefined) return known
    const base = pascal(wish)
    let name = base
    for (let count = 2; this.#taken.has(name); count++) name = `${base}${count}`
    this.#taken.add(name)
    this.#names.set(at.schema, name)
    this.#pending.push({ ...at, name })
    return name
  }

  #referTo($ref: string, document: JsonSchema): TypeText {
    const target = this.#find($ref, document)
    if (target === undefined) return type('unknown')
    return type(this.#declare(target, readFragment($ref)?.at(-1) ?? 'Part'))
  }

  #hasDefault(schema: JsonSchema, document: JsonSchema): boolean {
    const seen = new Set<JsonSchema>()
    let at: Located | undefined = { schema, document }
    while (at !== undefined && !seen.has(at.schema)) {
      if (Object.hasOwn(at.schema, 'default')) return true
      seen.add(at.schema)
      at = targetOf(at, this.#find)
    }
    return false
  }

  #ofTypes(schema: JsonSchema, document: JsonSchema): TypeText | undefined {
    const types = typesOf(schema)
    if (types === undefined) return schema.properties === undefined ? undefined : this.#objectOf(schema, document)
    return either(types.map((each) => this.#ofType(each, schema, document)))
  }

  #ofType(each: JsonType, schema: JsonSchema, document: JsonSchema): TypeText {
    if (each === 'object') return isAny(schema) ? type('unknown') : this.#objectOf(schema, document)
    if (each === 'array') return this.#arrayOf(schema, document)
    return type(each === 'integer' ? 'number' : each)
  }

  #objectOf(schema: JsonSchema, document: JsonSchema): TypeText {
    const { properties = {}, required = [], additionalProperties: others = false } = schema
    const members = Object.entries(properties).map(([name, inner]) =>
      this.member(name, inner, { document, isRequired: required.includes(name) }),
    )
    const elsewhere = required.filter((name) => !Object.hasOwn(properties, name))
    const needed = elsewhere.map((name) => `readonly ${nameOf(name)}: unknown`)
    if (others === false)
      return members.length + needed.length === 0 && isPartial(schema)
        ? type('unknown')
        : membersOf([...members, ...needed])
    const rest =
      typeof others === 'object' && members.length + needed.length === 0
        ? this.typeOf(others, document).text
        : 'unknown'
    return membersOf([...members, ...needed, `readonly [name: string]: ${rest}`])
  }

  #arrayOf({ items = true, prefixItems = [], minItems = 0 }: JsonSchema, document: JsonSchema): TypeText {
    const rest = typeof items === 'object' ? this.typeOf(items, document) : items ? type('unknown') : undefined
    if (prefixItems.length === 0) return rest === undefined ? type('readonly []') : listOf(rest)
    const first = prefixItems.map((item, index) => {
      const each = this.typeOf(item, document)
      return index < minItems ? each.text : `${closed(each)}?`
    })
    const more = rest === undefined ? [] : [`...${listOf(rest).text.replace(/^readonly /, '')}`]
    return type(`readonly [${[...first, ...more].join(', ')}]`)
  }
}

/** An object of which other schemas around it say what it holds. */
const isPartial = ({ allOf, anyOf, oneOf, $ref }: JsonSchema): boolean =>
  [allOf, anyOf, oneOf, $ref].some((place) => place !== undefined)

/** What lets any value in. */
const isAny = (schema: JsonSchema): boolean =>
  schema.additionalProperties === true && schema.properties === undefined && (typesOf(schema)?.length ?? 0) >= 6

function typeOfChoice(schema: JsonSchema): TypeText {
  return either((valuesOf(schema) ?? []).map(literal))
}

/** A value as a type; a text that is filled in when the server starts may become any scalar. */
function literal(value: unknown): TypeText {
  if (hasReference(value)) return { text: 'string | number | boolean', joint: '|' }
  if (typeof value === 'string') return type(quote(value))
  if (Array.isArray(value)) return type(`readonly [${value.map((item) => literal(item).text).join(', ')}]`)
  if (!isMembers(value)) return type(String(value))
  return membersOf(Object.entries(value).map(([name, member]) => `readonly ${nameOf(name)}: ${literal(member).text}`))
}

/** A name as types are called: `api-key` is `ApiKey`. */
function pascal(text: string): string {
  const words = text
    .normalize('NFKD')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(name) ? name : `T${name}`
}
