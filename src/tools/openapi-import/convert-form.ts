/** The form that an operation takes: its texts are held to their schema, its files to the types that they are said to have. */

import { type FileBlock, isFullType } from '../../guards/input/input-block.ts'
import { isPartName } from '../../guards/input/multipart/part-head.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { Members } from '../../schema/types.ts'
import type { At, SchemaConverter } from './convert-schema.ts'
import { readTypes } from './schema-type.ts'
import { known, listOf, membersOf, textOf } from './written.ts'

/** A media type object of a form. */
export interface WrittenForm {
  readonly schema: unknown
  readonly encoding: unknown
}

interface FormKeys {
  readonly body: JsonSchema
  readonly files?: Readonly<Record<string, FileBlock>>
}

const combined = ['allOf', 'anyOf', 'oneOf', 'not']
/** As many files as a field can have. */
const mostFiles = 100

/** Undefined where the form holds what no field can be: an object, or a list of such. */
export function convertForm(
  { schema, encoding }: WrittenForm,
  converter: SchemaConverter,
  at: At,
): FormKeys | undefined {
  const { shared } = converter
  const written = membersOf(shared.follow(schema))
  const properties = Object.entries(membersOf(written.properties)).map(([name, property]): [string, Members] => [
    name,
    membersOf(shared.follow(property)),
  ])
  const isPlain =
    readTypes(written)?.join() === 'object' && combined.every((keyword) => !Object.hasOwn(written, keyword))
  const isFlat = properties.every(([, property]) => isField(property, converter))
  if (!isPlain || !isFlat) return undefined
  const files = properties.filter(([name, property]) => isFile(property, converter) && isPartName(name))
  if (files.length === 0) return { body: converter.convertChild(schema, at) }
  const names = new Set(files.map(([name]) => name))
  const sent = files.filter(([name]) => !shared.isReadOnly(membersOf(written.properties)[name]))
  return {
    body: converter.convertChild(withoutFiles(written, names), at),
    files: Object.fromEntries(
      sent.map(([name, property]) => [name, fileOf(property, { written, name, encoding, converter, at })]),
    ),
  }
}

/** Whether it is a text, a list of texts or a file. */
function isField(property: Members, converter: SchemaConverter): boolean {
  const types = readTypes(property) ?? []
  if (types.length === 0 || types.includes('object') || combined.some((keyword) => Object.hasOwn(property, keyword)))
    return Object.hasOwn(property, 'enum') || Object.hasOwn(property, 'const')
  if (!types.includes('array')) return true
  const items = readTypes(membersOf(converter.shared.follow(property.items))) ?? []
  return items.length > 0 && !items.includes('object') && !items.includes('array')
}

/** OpenAPI 3.0 says so by `format`, 3.1 by the media type. */
function isFile(property: Members, converter: SchemaConverter): boolean {
  const { type, format, contentMediaType, contentEncoding, items } = property
  if (type === 'array') return isFile({ ...membersOf(converter.shared.follow(items)), items: undefined }, converter)
  return type === 'string' && (format === 'binary' || (contentMediaType !== undefined && contentEncoding === undefined))
}

const withoutFiles = (written: Members, names: ReadonlySet<string>): Members => ({
  ...written,
  properties: Object.fromEntries(Object.entries(membersOf(written.properties)).filter(([name]) => !names.has(name))),
  required: listOf(written.required).filter((name) => !names.has(String(name))),
})

interface Place {
  readonly written: Members
  readonly name: string
  readonly encoding: unknown
  readonly converter: SchemaConverter
  readonly at: At
}

function fileOf(property: Members, { written, name, encoding, converter, at }: Place): FileBlock {
  const { maxItems, items } = property
  const isList = property.type === 'array'
  const most = typeof maxItems === 'number' && maxItems >= 1 && maxItems <= mostFiles ? Math.floor(maxItems) : mostFiles
  const single = isList ? membersOf(converter.shared.follow(items)) : property
  return known({
    contentTypes: typesOf(textOf(membersOf(membersOf(encoding)[name]).contentType) ?? mediaTypeOf(single), name, at),
    maxItems: isList ? most : undefined,
    required: listOf(written.required).includes(name) ? true : undefined,
  }) as FileBlock
}

/** Of bytes of which nothing is known, nothing is asked. */
function mediaTypeOf({ contentMediaType }: Members): string | undefined {
  const type = textOf(contentMediaType)
  return type === 'application/octet-stream' ? undefined : type
}

function typesOf(written: string | undefined, name: string, at: At): readonly string[] | undefined {
  const types = written?.split(',').map((type) => type.trim().toLowerCase()) ?? []
  if (types.length === 0) return undefined
  if (types.every((type) => isFullType(type) && !/^(?:multipart|message)\//.test(type))) return [...new Set(types)]
  at.note(`the files of \`${name}\` may have any type: the language takes media types in full`)
  return undefined
}
