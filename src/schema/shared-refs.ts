/** Where input schemas refer to shared ones. */

import { readFragment } from './pointer.ts'
import type { Path } from './schema.ts'

interface SchemaRef {
  readonly name: string
  readonly path: Path
}

/** Every `$ref: '#/schemas/Name'` of a value, with the way to it; `#/schemas/Name/…` leads into it. */
export function refsOf(value: unknown, path: Path = []): readonly SchemaRef[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const way = [...path, Array.isArray(value) ? Number(key) : key]
    const name = key === '$ref' ? sharedName(member) : undefined
    return name === undefined ? refsOf(member, way) : [{ name, path: way }]
  })
}

/** The name of the shared schema that a `$ref` leads to or into; none where it leads elsewhere. */
export function sharedName($ref: unknown): string | undefined {
  const [section, name] = (typeof $ref === 'string' ? readFragment($ref) : undefined) ?? []
  return section === 'schemas' ? name : undefined
}
