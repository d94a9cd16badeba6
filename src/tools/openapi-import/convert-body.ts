/** The body of an operation: JSON is held to its schema, other media types are let through unread. */

import { isJson, readMediaType } from '../../guards/input/media-type.ts'
import { isEqual } from '../../schema/equal.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { At, SchemaConverter } from './convert-schema.ts'
import { membersOf } from './written.ts'

export interface BodyKeys {
  readonly body?: JsonSchema | 'any'
  readonly bodyRequired?: boolean
  readonly contentTypes?: readonly string[]
}

interface Media {
  readonly type: string
  readonly schema: unknown
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
  if (json === undefined) return convertUnread(media, required === true, at)
  const same = media.filter(({ type, schema }) => isFull(type) && isJson(type) && isEqual(schema, json.schema))
  const others = media.filter((each) => each !== json && !same.includes(each))
  if (others.length > 0)
    at.note(`a body of ${others.map(({ type }) => type).join(', ')} is left out: a schema reads JSON`)
  const types = same.map(({ type }) => type)
  const isPlain = types.length === 0 || (types.length === 1 && types[0] === 'application/json')
  return {
    body: converter.convertChild(json.schema, at),
    ...(required !== true && { bodyRequired: false }),
    ...(!isPlain && { contentTypes: types }),
  }
}

const readMedia = ([type, media]: readonly [string, unknown]): Media => ({
  type: readMediaType(type).essence,
  schema: membersOf(media).schema,
})

/** A media type in full, as `contentTypes` takes it. */
const isFull = (type: string): boolean => /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/.test(type)

function convertUnread(media: readonly Media[], isRequired: boolean, at: At): BodyKeys {
  const types = [...new Set(media.map(({ type }) => type))]
  at.note(`the body goes through unread: ${types.join(', ') || 'a media type that is not said'} is not judged`)
  return {
    body: 'any',
    ...(isRequired && { bodyRequired: true }),
    ...(types.length > 0 && types.every(isFull) && { contentTypes: types }),
  }
}
