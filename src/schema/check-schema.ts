/** Checks a schema before it is compiled: its keywords, their arguments, and what no value could ever satisfy. */

import { compileSchema, createContext } from './compile.ts'
import { metaSchemaOf } from './meta-schema.ts'
import { type Position, positionsOf } from './positions.ts'
import { createFind, createSafeFind, type Find, targetOf } from './resolve.ts'
import type { CompileOptions, JsonSchema, SchemaError } from './schema.ts'
import { schemaRules } from './schema-rules.ts'
import { cyclesOf } from './subschemas.ts'
import { Trail } from './trail.ts'
import { isMembers } from './types.ts'

const cyclic = 'expected a schema that ends, received an alias of one around it: a `$ref` can do that'

/** Where references lead: what they find, what they find though it never ends, and what there is to find. */
interface References {
  readonly find: Find
  readonly lookup: Find
  readonly shared: readonly string[]
}

const everyError = Number.POSITIVE_INFINITY
/** Schemas inside a schema are checked one by one: here, any object will do. */
const shape = compileSchema(metaSchemaOf({ type: 'object', additionalProperties: true }), { maxErrors: everyError })

/** All that is wrong with a schema, outside in; paths lead into the schema. */
export function checkSchema(json: unknown, options: Pick<CompileOptions, 'schemas'> = {}): readonly SchemaError[] {
  if (!isMembers(json)) return shape.check(json).errors ?? []
  const cycles = cyclesOf(json)
  if (cycles.length > 0) return cycles.map((path) => ({ path, rule: '$ref', message: cyclic }))
  const { schemas = {} } = options
  const references = { find: createSafeFind(schemas), lookup: createFind(schemas), shared: Object.keys(schemas) }
  const errors = checkDocument(json, references)
  return errors.length > 0 ? errors : checkDefaults(json, references)
}

function checkDocument(document: JsonSchema, { find, lookup, shared }: References): readonly SchemaError[] {
  return positionsOf(document, find).flatMap(({ schema, path, scope }) => {
    const errors = checkShape(schema) ?? schemaRules.flatMap((rule) => rule(schema, { scope, lookup, shared }))
    return errors.map((error) => ({ ...error, path: [...path, ...error.path] }))
  })
}

/** Nothing where all arguments are well shaped; the rules rely on that. */
const checkShape = (schema: JsonSchema): readonly SchemaError[] | undefined =>
  shape
    .check(schema)
    .errors?.map((error) =>
      error.rule === 'additionalProperties' && error.path.length === 1
        ? { ...error, rule: 'keyword', message: 'unsupported keyword' }
        : error,
    )

/** A default that its own schema refuses would fail every request that leaves the member out. */
function checkDefaults(document: JsonSchema, references: References): readonly SchemaError[] {
  const positions = positionsOf(document, references.find)
  const withDefault = positions.filter(({ schema }) => Object.hasOwn(schema, 'default'))
  if (withDefault.length === 0 || !isSound(positions, references)) return []
  return withDefault.flatMap(checkDefault)
}

function checkDefault({ schema, path, scope }: Position): readonly SchemaError[] {
  const trail = new Trail(everyError)
  createContext({}).compile(schema, scope).walk(schema.default, trail)
  return trail.errors.map((error) => ({
    path: [...path, 'default', ...error.path],
    rule: 'default',
    message: `expected a default that the schema accepts: ${error.message}`,
  }))
}

/** Whether what the document refers to can be compiled; where it cannot, that is reported where it is written. */
function isSound(positions: readonly Position[], references: References, seen = new Set<JsonSchema>()): boolean {
  const targets = positions.map(({ schema, scope }) => targetOf({ schema, document: scope.document }, references.find))
  return targets.every((target) => {
    if (!target || target.document === positions[0]?.schema || seen.has(target.document)) return true
    seen.add(target.document)
    if (checkDocument(target.document, references).length > 0) return false
    return isSound(positionsOf(target.document, references.find), references, seen)
  })
}
