/** Which page of the reference tells the form of a part of a policy. */

import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import type { Path } from '../schema/schema.ts'

export const blockPath = (name: string): string => `docs/reference/blocks/${kebab(name)}.md`
export const sectionPath = (name: string): string => `docs/reference/sections/${name}.md`

/** As the names of files are written. */
export const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const blocks: ReadonlySet<unknown> = new Set([...guards, ...handlers].map(({ name }) => name))

/** Section → how many names stand between it and its blocks; the others have none. */
const sections: ReadonlyMap<unknown, number | undefined> = new Map([
  ['defaults', 0],
  ['profiles', 1],
  ['routes', 1],
  ...['issuers', 'roles', 'schemas', 'values', 'settings'].map((name) => [name, undefined] as const),
])

/** `path` leads from the top of a policy file. */
export function referencePage([top, ...path]: Path): string {
  if (blocks.has(top)) return blockPath(String(top))
  if (top === 'schemas' && path.length > 0) return 'docs/reference/input-schemas.md'
  if (!sections.has(top)) return sectionPath('file')
  const block = path[sections.get(top) ?? Number.NaN]
  return blocks.has(block) ? blockPath(String(block)) : sectionPath(String(top))
}
