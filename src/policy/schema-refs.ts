/** Where input schemas refer to shared ones. */

import type { Path } from '../schema/schema.ts'

export interface SchemaRef {
  readonly name: string
  readonly path: Path
}

const pointer = '#/schemas/'

/** Every `$ref: '#/schemas/Name'` of a value, with the way to it. */
export function refsOf(value: unknown, path: Path = []): readonly SchemaRef[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const way = [...path, Array.isArray(value) ? Number(key) : key]
    if (key === '$ref' && typeof member === 'string' && member.startsWith(pointer))
      return [{ name: member.slice(pointer.length), path: way }]
    return refsOf(member, way)
  })
}
