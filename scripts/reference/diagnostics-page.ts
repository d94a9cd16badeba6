/** Every rule of `check`: why it is one, a policy that breaks it, what is said of it, and how it is mended. */

import { anchorOf, type Rule } from '../../src/core/diagnostic.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { type Example, examples } from './example.ts'
import { anchor, code, fence, link, page, slugOf } from './markdown.ts'
import { blockOf } from './rule-table.ts'
import { outputOf } from './run-example.ts'

const lead = `Every finding of \`check\` has one of these rules. An error keeps the server from starting; a warning is told, and counts under
\`--strict\`. Each rule is shown as a change: a policy without the \`+\` lines is refused as printed below it, with them in place of the
\`-\` lines it is not.

An **excusable** rule is silent where \`because: "<reason>"\` stands on the route, or beside the block.`

const ids = Object.keys(allRules).sort()
const blocks = [...new Set(ids.map(blockOf))]

/** One at a time: each runs in a folder of its own as the current one. */
async function describeAll(): Promise<readonly (readonly [string, string])[]> {
  const parts: (readonly [string, string])[] = []
  for (const id of ids) {
    const rule = allRules[id]
    if (rule !== undefined) parts.push([id, await describe(id, rule)])
  }
  return parts
}

export const diagnosticsPage = (): string =>
  page(
    '# Diagnostics',
    lead,
    blocks.map((block) => `- ${link(code(block), `#${slugOf(block)}`)}: ${indexOf(block)}`).join('\n'),
    ...blocks.map((block) => page(`## ${block}`, ...ofBlock(block).map((id) => ruleParts.get(id))).trimEnd()),
  )

const ofBlock = (block: string): readonly string[] => ids.filter((id) => blockOf(id) === block)

const indexOf = (block: string): string =>
  ofBlock(block)
    .map((id) => link(id.slice(block.length + 1), `#${anchorOf(id)}`))
    .join(', ')

async function describe(id: string, { severity, cause, hint, excusable }: Rule): Promise<string> {
  const example = examples.get(id)
  const [block, fault] = id.split('/')
  if (example === undefined)
    throw new Error(`\`${id}\` has no example: write \`# ${fault}\` into scripts/reference/examples/${block}.diff`)
  const output = await outputOf(id, example)
  return page(
    `${anchor(anchorOf(id))}\n\n### ${code(id)}`,
    `**${severity}**${excusable ? ', excusable' : ''}. ${cause}`,
    output.includes(`hint: ${hint}\n`) ? '' : `Where the report says nothing more exact: ${hint}.`,
    ...shown(example),
    fence('text', output),
  ).trimEnd()
}

/** The diff of every file; a name stands above one that is not the usual file, and above all where there are several. */
function shown({ diffs, environment }: Example): readonly string[] {
  const variables = Object.entries(environment ?? {}).map(([name, value]) => `${name}=${value}`)
  const here = variables.length > 0 ? `, here with ${code(variables.join(' '))} in the environment` : ''
  const lead = environment === undefined ? [] : [`Found when the server starts${here}.`]
  return [...lead, ...[...diffs].flatMap(([name, diff]) => [...headOf(name, diffs.size), ...bodyOf(name, diff)])]
}

const headOf = (name: string, count: number): readonly string[] =>
  count > 1 || !/^policies\/shop\.yaml$/.test(name) ? [`${code(name.replace(/ \(.*$/, ''))}${what(name)}:`] : []

function what(name: string): string {
  if (name === 'values.yaml') return ', given as `--values values.yaml`'
  const [, described] = /\((.+)\)$/.exec(name) ?? []
  return described === undefined ? '' : `, ${described.replace(/^bytes/, 'the bytes').replace(/^link/, 'a link')}`
}

function bodyOf(name: string, diff: string): readonly string[] {
  if (diff === '') return []
  if (/^[+-]/m.test(diff)) return [fence('diff', diff)]
  return [fence(/\.(\w+)$/.exec(name)?.[1] ?? 'text', diff.replaceAll(/^ /gm, ''))]
}

/** Told once, as soon as everything above is there. */
const ruleParts: ReadonlyMap<string, string> = new Map(await describeAll())
