/** Checks a schema before it is compiled: its keywords, their arguments, and what no value could ever satisfy. */

import { compileBounded } from './bounded.ts'
import { compileSchema } from './compile.ts'
import { Exceeded } from './effort.ts'
import { checkExtent } from './extent.ts'
import { metaSchemaOf } from './meta-schema.ts'
import { type Position, positionsOf } from './positions.ts'
import { reach } from './reach.ts'
import { createFind, createSafeFind, type Find, followed, heldBy } from './resolve.ts'
import type { CompileOptions, JsonSchema, SchemaError } from './schema.ts'
import { schemaRules } from './schema-rules.ts'
import { Trail } from './trail.ts'
import { isMembers } from './types.ts'

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
  const beyond = checkExtent(json)
  if (beyond.length > 0) return beyond
  const { schemas = {} } = options
  const references = { find: createSafeFind(schemas), lookup: createFind(schemas), shared: Object.keys(schemas) }
  const errors = checkDocument(json, references)
  return errors.length > 0 ? errors : checkCompiled(json, references)
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

/** What shows only once the schema is compiled with all that it refers to; what is at fault there is told there. */
function checkCompiled(document: JsonSchema, references: References): readonly SchemaError[] {
  const positions = positionsOf(document, references.find)
  const compiled = positions.filter(({ schema }) => Object.hasOwn(schema, 'default') || schema.$ref !== undefined)
  if (compiled.length === 0 || !areSound(document, references)) return []
  const errors = checkSize(positions)
  return errors.length > 0 ? errors : compiled.flatMap(checkDefault)
}

/** References to references can double with every level. */
function checkSize([root]: readonly Position[]): readonly SchemaError[] {
  try {
    if (root) compileBounded(root.schema, root.scope, {})
    return []
  } catch (error) {
    if (error instanceof Exceeded) return [{ path: [], rule: error.rule, message: error.message }]
    throw error
  }
}

/** A default that its own schema refuses would fail every request that leaves the member out. */
function checkDefault({ schema, path, scope }: Position): readonly SchemaError[] {
  if (!Object.hasOwn(schema, 'default')) return []
  const trail = new Trail(everyError)
  compileBounded(schema, scope, {}).walk(schema.default, trail)
  return trail.errors.map((error) => ({
    path: [...path, 'default', ...error.path],
    rule: 'default',
    message: `expected a default that the schema accepts: ${error.message}`,
  }))
}

/** Whether all documents that this one refers to can be compiled. */
function areSound(document: JsonSchema, references: References): boolean {
  const { find } = references
  const all = reach({ schema: document, document }, (at) => [...followed(at, find), ...heldBy(at)])
  const documents = new Set(all.map((at) => at.document))
  documents.delete(document)
  return [...documents].every((other) => checkDocument(other, references).length === 0)
}
