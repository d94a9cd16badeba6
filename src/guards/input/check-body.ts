/** The findings of `check` about what an `input` block says of the body. */

import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import type { Site } from '../../core/site.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { checkJsonSchema } from './check-json-schema.ts'
import { type FileBlock, type InputBlock, typesOf } from './input-block.ts'
import { formOf } from './media-type.ts'
import { isPartName } from './multipart/part-head.ts'

export function checkBody(block: InputBlock, { route }: Site): Fault[] {
  const { body, bodyRequired, contentTypes, files, maxBytes } = block
  if (body === undefined && files === undefined) return checkBodiless({ bodyRequired, contentTypes, maxBytes })
  if (body === 'any') return files === undefined ? [] : [filesUnread]
  const method = route.method === 'GET' || route.method === 'HEAD' ? [bodyOf(route.method, block)] : []
  return [...method, ...checkTypes(block), ...checkSchema(block), ...checkFiles(block)]
}

const checkBodiless = (keys: Pick<InputBlock, never>): Fault[] =>
  Object.entries(keys).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [{ rule: 'input/without-body', path: [key], message: `\`${key}\` without a \`body\``, onKey: true }],
  )

const filesUnread: Fault = {
  rule: 'input/files',
  path: ['files'],
  message: '`files` beside `body: any`, of which nothing is read',
  hint: 'describe the texts in `body`, or leave `files` out',
  onKey: true,
}

const bodyOf = (method: string, { body }: InputBlock): Fault => ({
  rule: 'input/body-on-get',
  path: [body === undefined ? 'files' : 'body'],
  message: `a ${method} request has no body`,
  onKey: true,
})

/** The types that are there to be judged: not a reference to them. */
function typesIn(block: InputBlock): readonly string[] {
  const types: unknown = typesOf(block)
  return Array.isArray(types) ? types.filter((type) => !hasReference(type)) : []
}

function checkTypes(block: InputBlock): Fault[] {
  return typesIn(block).flatMap((type) => {
    const path = ['contentTypes', block.contentTypes?.indexOf(type) ?? 0]
    if (formOf(type) === undefined) return [unjudged(type, path)]
    return block.files === undefined || formOf(type) === 'multipart' ? [] : [withoutFiles(type, path)]
  })
}

const unjudged = (type: string, path: Fault['path']): Fault => ({
  rule: 'input/content-type',
  path,
  message: `expected JSON or a form beside a schema, not \`${type}\``,
})

const withoutFiles = (type: string, path: Fault['path']): Fault => ({
  rule: 'input/files',
  path,
  message: `expected \`multipart/form-data\` beside \`files\`, not \`${type}\``,
  hint: 'leave `contentTypes` out beside `files`',
})

function checkSchema(block: InputBlock): Fault[] {
  const { body } = block
  if (typeof body !== 'object' || hasReference(JSON.stringify(body))) return []
  const faults = checkJsonSchema(body).map((fault) => ({ ...fault, path: ['body', ...fault.path] }))
  const isForm = typesIn(block).some((type) => ['form', 'multipart'].includes(formOf(type) ?? ''))
  return isForm ? [...faults, ...checkFields(body)] : faults
}

/** A form is an object of texts and lists of texts. */
function checkFields(body: JsonSchema): Fault[] {
  const { type, properties = {} } = body
  if (type !== undefined && ![type].flat().includes('object'))
    return [unreadable(['body', 'type'], 'expected `object`: a form is fields by name')]
  return Object.entries(properties).flatMap(([name, { type: own, items }]) => {
    const path = ['body', 'properties', name]
    if (own === 'object') return [unreadable([...path, 'type'])]
    return typeof items === 'object' && ['object', 'array'].includes(String(items.type))
      ? [unreadable([...path, 'items', 'type'])]
      : []
  })
}

const unreadable = (
  path: Fault['path'],
  message = 'expected a type that a text of a form can be read as, or a list of such',
): Fault => ({ rule: 'input/form-field', path, message })

function checkFiles({ body, files = {} }: InputBlock): Fault[] {
  if (hasReference(JSON.stringify(files))) return []
  const texts = (typeof body === 'object' && body.properties) || {}
  return Object.entries(files).flatMap(([name, file]) => [
    ...(isPartName(name) ? [] : [misnamed(name)]),
    ...(Object.hasOwn(texts, name) ? [doubled(name)] : []),
    ...checkFile(name, file),
  ])
}

const misnamed = (name: string): Fault => ({
  rule: 'input/invalid-name',
  path: ['files', name],
  message: `expected the name of a field, not \`${name}\``,
  onKey: true,
})

const doubled = (name: string): Fault => ({
  rule: 'input/files',
  path: ['files', name],
  message: `\`${name}\` is a text in \`body\` as well`,
  hint: 'declare it in one of the two',
  onKey: true,
})

function checkFile(name: string, { contentTypes = [] }: FileBlock): Fault[] {
  const composite = [contentTypes].flat().findIndex((type) => /^(?:multipart|message)\//.test(type))
  return composite === -1 ? [] : [nested(['files', name, 'contentTypes', composite])]
}

const nested = (path: Fault['path']): Fault => ({
  rule: 'input/files',
  path,
  message: 'a file that holds parts of its own is always refused',
  hint: 'name the types of single files',
})
