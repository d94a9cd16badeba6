/** One page a block: a guard, or a destination. */

import { catalogue } from '../../src/core/denial.ts'
import { type Guard, gates } from '../../src/guards/guard.ts'
import { guards } from '../../src/guards/index.ts'
import type { Handler } from '../../src/handlers/handler.ts'
import { type BlockNotes, blockNotes } from './block-notes.ts'
import { code, codes, facts, fence, link, page, sentence } from './markdown.ts'
import { formsOf, optionTables } from './options.ts'
import { ruleTable } from './rule-table.ts'

type Block = Guard | Handler
type Fact = readonly [word: string, text: string]

export const notesOf = (name: string): BlockNotes => {
  const notes = blockNotes[name]
  if (notes === undefined) throw new Error(`\`${name}\` has no notes in scripts/reference/block-notes.ts`)
  return notes
}

export function blockPage(block: Block): string {
  const { name, summary, example, schema } = block
  const notes = notesOf(name)
  return page(
    `# ${code(name)}`,
    sentence(summary),
    fence('yaml', example),
    facts(factsOf(block, notes)),
    formsOf(schema.json),
    optionTables(schema.json),
    `## How it behaves\n\n${notes.points.map((point) => `- ${point}`).join('\n')}`,
    ruleTable('## What `check` finds', block.rules, '../'),
    seeAlso(notes.see),
  )
}

export const seeAlso = (see: Readonly<Record<string, string>>): string =>
  `## See also\n\n${Object.entries(see)
    .map(([target, what]) => `- ${link(titleOf(target), target)}: ${what}`)
    .join('\n')}`

/** `../denials.md#rate_limited` → `denials: rate_limited`. */
function titleOf(target: string): string {
  const [file = '', part] = target.split('#')
  const name = file.replace(/^.*\//, '').replace(/\.md$/, '').replace('README', 'reference')
  return part === undefined ? name : `${name}: ${part.replaceAll('-', ' ')}`
}

function factsOf(block: Block, { without }: BlockNotes): readonly Fact[] {
  const { expressions = [], refuses } = block
  return [
    ['Stands in', placesOf(block)],
    ['Without it', without],
    ['Judged', orderOf(block)],
    ['Refuses with', refuses.map(denialLink).join(', ') || 'nothing'],
    [
      'Expressions',
      expressions.length === 0 ? 'none' : `in ${codes(expressions)} (${link('paths', '../expressions.md')})`,
    ],
    ...(isGuard(block) ? guardFacts(block) : []),
  ]
}

const denialLink = (name: keyof typeof catalogue): string =>
  link(`${catalogue[name].status} ${code(name)}`, `../denials.md#${name}`)

const isGuard = (block: Block): block is Guard => guards.some(({ name }) => name === block.name)

const guardFacts = ({ inherits, reportable }: Guard): readonly Fact[] => [
  [
    '`inherit`',
    inherits ? 'as an item, keeps the inherited items in its place' : 'no: the block replaces the inherited one whole',
  ],
  ['`reportOnly`', reportable ? 'yes: it can decide and count without refusing' : 'no'],
]

function placesOf(block: Block): string {
  if (isGuard(block)) return 'routes, `defaults`, `profiles`'
  return block.name === 'upstream' ? 'routes, the head of a file' : 'routes'
}

/** The gates in their order, with those of this block in bold. */
function orderOf(block: Block): string {
  if (!isGuard(block)) return 'last: only requests that passed every gate come here'
  if (block.name === 'timeout') return 'nothing: it sets how long what follows may take'
  const own = gates.filter((gate) => ownerOf(gate) === block.name)
  if (own.length === 0) return offOrder
  return gates
    .filter((gate) => ownerOf(gate) !== 'timeout')
    .map((gate) => (own.includes(gate) ? `**${gateLabel(gate)}**` : gateLabel(gate)))
    .join(' → ')
}

const offOrder = 'outside the gates: it writes on every answer of the route, refusals included'

const ownerOf = (gate: string): string => gate.split(':')[0] ?? gate

const stages: Readonly<Record<string, string>> = { ip: 'by address', user: 'by user', input: 'by input' }

export const gateLabel = (gate: string): string => {
  const [name = '', stage] = gate.split(':')
  return stage === undefined ? name : `${name} ${stages[stage]}`
}
