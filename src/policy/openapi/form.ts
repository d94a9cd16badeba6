/** The body of a form as OpenAPI describes it: its files are members of its schema, beside the texts. */

import type { JsonSchema } from '../../schema/schema.ts'
import type { StandardSchema, StandardWriter } from '../../schema/standard.ts'
import type { FilePart } from '../../services/openapi.ts'

type Files = Readonly<Record<string, FilePart>>

/** A schema by itself cannot hold what describes a file: it is added once the schema is written. */
export function writeForm(schema: JsonSchema, files: Files, schemas: StandardWriter) {
  return { schema: markFiles(schemas.write(withFiles(schema, files)), files), encoding: encodingOf(files) }
}

function withFiles(schema: JsonSchema, files: Files): JsonSchema {
  const { properties = {}, required = [], $ref, allOf, anyOf, oneOf } = schema
  const own: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, schemaOf(file)])),
    required: Object.keys(files).filter((name) => files[name]?.required === true),
  }
  if ([$ref, allOf, anyOf, oneOf].some((place) => place !== undefined)) return { allOf: [schema, own] }
  const merged = { ...properties, ...own.properties }
  return { ...schema, properties: merged, required: [...required, ...(own.required ?? [])] }
}

const schemaOf = ({ maxItems = 1 }: FilePart): JsonSchema =>
  maxItems === 1 ? { type: 'string' } : { type: 'array', items: { type: 'string' }, maxItems }

/** Adds to the members that are files what says so (JSON Schema 2020-12, 8.4). */
function markFiles(written: StandardSchema, files: Files): StandardSchema {
  const { properties, allOf } = written as { properties?: Record<string, StandardSchema>; allOf?: StandardSchema[] }
  if (properties === undefined)
    return { ...written, ...(allOf && { allOf: allOf.map((each) => markFiles(each, files)) }) }
  const marked = Object.entries(properties).map(([name, member]) => [name, markFile(member, files, name)])
  return { ...written, properties: Object.fromEntries(marked) }
}

function markFile(member: StandardSchema, files: Files, name: string): StandardSchema {
  const file = Object.hasOwn(files, name) ? files[name] : undefined
  if (file === undefined) return member
  const [type = unknownType, ...others] = file.contentTypes ?? []
  const marked = { type: 'string', contentMediaType: others.length === 0 ? type : unknownType, ...sizeOf(file) }
  return member.type === 'array' ? { ...member, items: marked } : { ...member, ...marked }
}

const unknownType = 'application/octet-stream'

const sizeOf = ({ maxBytes }: FilePart): StandardSchema =>
  maxBytes === undefined ? {} : { description: `At most ${maxBytes}.` }

/** The media types that the part of each file may declare, where they are told. */
const encodingOf = (files: Files): Readonly<Record<string, { contentType: string }>> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([name, { contentTypes }]) =>
      contentTypes === undefined ? [] : [[name, { contentType: contentTypes.join(', ') }]],
    ),
  )
