/** The links of the documents: which lead to a file or a place that is not there. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { slugOf } from '../../scripts/reference/markdown.ts'
import { root } from './markdown.ts'

/** Every document for people, from the root of the repository. */
export const documents = (): readonly string[] => [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort(),
]

/** `README.md → docs/nowhere.md`, for each link that leads nowhere. */
export const deadLinks = (files: readonly string[]): readonly string[] =>
  files.flatMap((file) =>
    targetsOf(withoutCode(read(file)))
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(file, target))
      .map((target) => `${file} → ${target}`),
  )

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** What stands in code is no link. */
const withoutCode = (text: string): string => text.replaceAll(/^(`{3,}).*?^\1/gms, '').replaceAll(/`[^`\n]*`/g, 'code')

const targetsOf = (text: string): readonly string[] =>
  Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', place] = target.split('#')
  const file = path === '' ? from : relative(root, join(root, dirname(from), path))
  if (!existsSync(join(root, file))) return false
  return place === undefined || placesOf(read(file)).has(place)
}

/** Anchors that stand in the text, and those that renderers make of headings; a second one of a name is numbered. */
function placesOf(text: string): ReadonlySet<string> {
  const places = new Set(Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id))
  for (const [, heading = ''] of text.replaceAll(/^(`{3,}).*?^\1/gms, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    let place = slug
    for (let number = 1; places.has(place); number++) place = `${slug}-${number}`
    places.add(place)
  }
  return places
}
