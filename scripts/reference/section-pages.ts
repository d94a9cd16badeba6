/** One page a section of a policy file, and one for the keys of routes. */

import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { sectionPath } from '../../src/policy/reference-page.ts'
import { settingsSchema } from '../../src/policy/settings.ts'
import { shapeSchemas } from '../../src/policy/shapes.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'
import { issuerSchema } from '../../src/services/keys/issuer.ts'
import { roleSchema } from '../../src/services/roles/rule.ts'
import { seeAlso } from './block-page.ts'
import { code, fence, link, page, table } from './markdown.ts'
import { optionTables } from './options.ts'
import { rulesOf, ruleTable } from './rule-table.ts'
import { type SectionName, sectionNotes } from './section-notes.ts'
import { shapeOf } from './shape.ts'

const blockKeys: ReadonlySet<string> = new Set([...guards, ...handlers].map(({ name }) => name))

/** The keys that are no block: those have pages of their own. */
const withoutBlocks = ({ properties = {}, ...schema }: JsonSchema): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !blockKeys.has(name))),
})

/** What a section's own keys are; none where it maps free names to free values. */
export const sectionSchemas: Readonly<Record<SectionName, JsonSchema>> = {
  file: shapeSchemas.file.json,
  routes: withoutBlocks(shapeSchemas.route.json),
  defaults: withoutBlocks(shapeSchemas.defaults.json),
  profiles: {},
  issuers: issuerSchema.json,
  roles: roleSchema.json,
  schemas: {},
  values: {},
  settings: settingsSchema.json,
}

const blocksOf: Partial<Record<SectionName, string>> = {
  routes: 'Beside these, a route holds [blocks and a destination](../README.md#blocks).',
  defaults: 'Beside these, `defaults` hold [guards](../README.md#blocks).',
}

export const sectionPages = (): ReadonlyMap<string, string> =>
  new Map((Object.keys(sectionNotes) as SectionName[]).map((name) => [sectionPath(name), sectionPage(name)]))

function sectionPage(name: SectionName): string {
  const { title, summary, example, points, see } = sectionNotes[name]
  return page(
    `# ${title}`,
    summary,
    fence('yaml', example),
    name === 'file' ? keyTable() : optionTables(sectionSchemas[name]),
    blocksOf[name],
    `## How it behaves\n\n${points.map((point) => `- ${point}`).join('\n')}`,
    ruleTable('## What `check` finds', rulesOf(name), '../'),
    seeAlso(see),
  )
}

/** The keys of a file; most lead to a page of their own. */
function keyTable(): string {
  const rows = Object.entries(sectionSchemas.file.properties ?? {}).map(([key, { description = '', ...schema }]) => [
    linkOf(key),
    isFree(schema) ? '' : shapeOf(schema),
    description,
  ])
  return ['## Keys', table(['key', 'value', 'means'], rows)].join('\n\n')
}

/** Judged by the schema of its own page. */
const isFree = ({ type, properties, anyOf }: JsonSchema): boolean =>
  anyOf === undefined && properties === undefined && (Array.isArray(type) || type === 'object')

function linkOf(key: string): string {
  if (blockKeys.has(key)) return link(code(key), `../blocks/${key}.md`)
  return Object.hasOwn(sectionNotes, key) ? link(code(key), `${key}.md`) : code(key)
}

/** The sections with their summaries, for the index. */
export const sectionTable = (): string =>
  table(
    ['page', 'holds'],
    Object.entries(sectionNotes).map(([name, { title, summary }]) => [
      link(title, `sections/${name}.md`),
      summary.replace(/(?<=\.) .*$/, ''),
    ]),
  )
