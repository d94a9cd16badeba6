/** The body of an operation: JSON and forms are held to their schema, other media types are let through unread. */

import { type FileBlock, isFullType } from '../../guards/input/input-block.ts'
import { formOf, isJson, readMediaType } from '../../guards/input/media-type.ts'
import { isEqual } from '../../schema/equal.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { convertForm, type WrittenForm } from './convert-form.ts'
import type { At, SchemaConverter } from './convert-schema.ts'
import { membersOf } from './written.ts'

export interface BodyKeys {
  readonly body?: JsonSchema | 'any'
  readonly bodyRequired?: boolean
  readonly contentTypes?: readonly string[]
  readonly files?: Readonly<Record<string, FileBlock>>
}

interface Media extends WrittenForm {
  readonly type: string
}

/** `written` is the request body of the operation; nothing where there is none. */
export function convertBody(written: unknown, method: string, converter: SchemaConverter, at: At): BodyKeys {
  if (written === undefined) return {}
  if (method === 'GET' || method === 'HEAD') {
    at.note(`the body is left out: a ${method} request has none`)
    return {}
  }
  const { content, required } = membersOf(converter.shared.follow(written))
  const media = Object.entries(membersOf(content)).map(readMedia)
  const json = media.find(({ type }) => isJson(type)) ?? media.find(({ type }) => /^(\*|application)\/\*$/.test(type))
  const terms = { isRequired: required === true, converter, at }
  if (json !== undefined) return convertJson(media, json, terms)
  return convertForms(media, terms) ?? convertUnread(media, terms)
}

interface Terms {
  readonly isRequired: boolean
  readonly converter: SchemaConverter
  readonly at: At
}

function convertJson(media: readonly Media[], json: Media, { isRequired, converter, at }: Terms): BodyKeys {
  const form = media.some(({ type }) => isForm(type)) ? convertForm(json, converter, at) : undefined
  const isFlat = form !== undefined && form.files === undefined
  const isAlike = (type: string): boolean => isFullType(type) && (isJson(type) || (isFlat && isForm(type)))
  const same = media.filter(({ type, schema }) => isAlike(type) && isEqual(schema, json.schema))
  noteOthers(media, [json, ...same], at)
  const types = [...new Set(same.map(({ type }) => type))]
  const isPlain = types.length === 0 || (types.length === 1 && types[0] === 'application/json')
  return {
    body: converter.convertChild(json.schema, at),
    ...(!isRequired && { bodyRequired: false }),
    ...(!isPlain && { contentTypes: types }),
  }
}

/** Undefined where there is no form, or none that can be judged. */
function convertForms(media: readonly Media[], { isRequired, converter, at }: Terms): BodyKeys | undefined {
  const form = media.find(({ type }) => formOf(type) === 'multipart') ?? media.find(({ type }) => isForm(type))
  const keys = form && convertForm(form, converter, at)
  if (keys === undefined) return undefined
  const isText = keys.files === undefined
  const same = media.filter(
    (each) => each === form || (isText && isForm(each.type) && isEqual(each.schema, form?.schema)),
  )
  noteOthers(media, same, at)
  if (!isText) at.note('its files count for `maxBytes` of the whole body, which is `settings.limits.body` unless told')
  return {
    ...keys,
    ...(!isRequired && { bodyRequired: false }),
    ...(isText && { contentTypes: [...new Set(same.map(({ type }) => type))] }),
  }
}

const isForm = (type: string): boolean => ['form', 'multipart'].includes(formOf(type) ?? '')

function noteOthers(media: readonly Media[], taken: readonly Media[], at: At): void {
  const others = media.filter((each) => !taken.includes(each)).map(({ type }) => type)
  if (others.length > 0) at.note(`a body of ${others.join(', ')} is left out: one schema judges a route`)
}

const readMedia = ([type, media]: readonly [string, unknown]): Media => ({
  type: readMediaType(type).essence,
  schema: membersOf(media).schema,
  encoding: membersOf(media).encoding,
})

function convertUnread(media: readonly Media[], { isRequired, at }: Terms): BodyKeys {
  const types = [...new Set(media.map(({ type }) => type))]
  at.note(`the body goes through unread: ${types.join(', ') || 'a media type that is not said'} is not judged`)
  return {
    body: 'any',
    ...(isRequired && { bodyRequired: true }),
    ...(types.length > 0 && types.every(isFullType) && { contentTypes: types }),
  }
}
