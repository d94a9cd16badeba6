/** The options of a block as tables: one for the block, one for each part of it that has many. */

import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '../../src/schema/schema.ts'
import { code, codes, link, sentence, table } from './markdown.ts'
import { alternativesOf, shapeOf } from './shape.ts'

interface Option {
  /** Dotted, without the index of lists: `limit.on`. */
  readonly name: string
  readonly schema: JsonSchema
  readonly needed: boolean
}

const heading = ['option', 'value', 'needed', 'means'] as const
/** A part with more options than this has a table of its own. */
const most = 6

/** The members of every object that a schema can be, lists looked through. */
const membersOf = (schema: JsonSchema): readonly Option[] =>
  alternativesOf(schema).flatMap((each) => {
    if (typeof each.items === 'object') return membersOf(each.items)
    if (each.properties === undefined)
      return typeof each.additionalProperties === 'object'
        ? membersOf(each.additionalProperties).map((member) => ({ ...member, name: `*.${member.name}` }))
        : []
    return Object.entries(each.properties).map(([name, member]) => ({
      name,
      schema: member,
      needed: each.required?.includes(name) ?? false,
    }))
  })

const below = (parent: Option): readonly Option[] =>
  membersOf(parent.schema).map((member) => ({ ...member, name: `${parent.name}.${member.name}` }))

/** An option and all below it. */
const flatten = (option: Option): readonly Option[] => [option, ...unique(below(option)).flatMap(flatten)]

/** Rows of options and all below them; a second name of one option is a row that says so. */
const rowsOf = (options: readonly Option[], inside: (option: Option) => readonly Option[]): readonly Row[] =>
  options.flatMap((option, index) => {
    const first = options.slice(0, index).find(({ schema }) => isDeepStrictEqual(schema, option.schema))
    if (first !== undefined) return [[code(option.name), '', '', `The same as ${code(first.name)}.`]]
    return inside(option).map(row)
  })

/** Every option of a schema, by its dotted name. */
export const optionNames = (schema: JsonSchema): readonly string[] =>
  unique(membersOf(schema))
    .flatMap(flatten)
    .map(({ name }) => name)

/** Different alternatives name the same option once. */
const unique = (options: readonly Option[]): readonly Option[] => [
  ...new Map(options.map((option) => [option.name, option])).values(),
]

/** The tables under their headings; none for a block without options. */
export function optionTables(schema: JsonSchema): string {
  const own = unique(membersOf(schema))
  if (own.length === 0) return ''
  const rows = rowsOf(own, (option) => (isLarge(option) ? [option] : flatten(option)))
  return ['## Options', table(heading, rows), ...own.filter(isLarge).map(partOf)].join('\n\n')
}

const isLarge = (option: Option): boolean => flatten(option).length > most + 1

const partOf = (option: Option): string =>
  [`### ${code(option.name)}`, table(heading, rowsOf(unique(membersOf(option.schema)), flatten))].join('\n\n')

type Row = readonly string[]

const row = ({ name, schema, needed }: Option): Row => [
  code(name),
  linked(shapeOf(schema)),
  needed ? 'yes' : '',
  meaningOf(schema),
]

/** The words for values that have a page: pages with options stand one folder below it. */
const linked = (shape: string): string =>
  shape
    .replace(/\b(duration|size)\b/, (word) => link(word, '../expressions.md#durations-and-sizes'))
    .replace(/\bschema\b/, (word) => link(word, '../input-schemas.md'))

function meaningOf(schema: JsonSchema): string {
  const described = schema.description ?? describedAlternative(schema)
  const { examples = [] } = schema
  const shown = examples.map((example) => (typeof example === 'string' ? example : JSON.stringify(example)))
  const words = alternativesOf(schema).find((each) => each.enum && each.enum.length > 8)?.enum
  return [
    described === undefined ? '' : sentence(described),
    words === undefined ? '' : `One of ${codes(words.map(String))}.`,
    shown.length > 0 &&
    !/^(duration|size)$/.test(shapeOf(schema)) &&
    !shown.some((example) => described?.includes(example))
      ? `Such as ${codes(shown)}.`
      : '',
  ]
    .filter(Boolean)
    .join(' ')
}

/** What the alternatives say of themselves, where the union says nothing. */
function describedAlternative(schema: JsonSchema): string | undefined {
  const said = alternativesOf(schema).flatMap(({ description }) => (description === undefined ? [] : [description]))
  return said.length === 0 ? undefined : [...new Set(said.map(sentence))].join(' ')
}

/** The ways in which a block can be written. */
export function formsOf(schema: JsonSchema): string {
  const alternatives = alternativesOf(schema)
  const lead = schema.description === undefined ? '' : sentence(schema.description)
  const [first = {}, ...others] = alternatives
  if (others.length > 0) return `## Form\n\n${[lead, alternatives.map(formOf).join('\n')].filter(Boolean).join('\n\n')}`
  return `## Form\n\n${capital(shapeWithItems(first))}. ${lead}`.trimEnd()
}

function formOf(schema: JsonSchema): string {
  const said = schema.description ?? ''
  return `- ${shapeWithItems(schema)}${said === '' ? '' : `: ${sentence(said)}`}`
}

function shapeWithItems(schema: JsonSchema): string {
  if (schema.properties !== undefined) return 'object, with the options below'
  const { items } = schema
  if (typeof items !== 'object') return shapeOf(schema)
  if (alternativesOf(items).some(({ properties }) => properties !== undefined) && items.properties !== undefined)
    return 'list of objects, each with the options below'
  return items.description === undefined ? shapeOf(schema) : `${shapeOf(schema)}, each ${uncapital(items.description)}`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const uncapital = (text: string): string => (text.charAt(0).toLowerCase() + text.slice(1)).replace(/\.$/, '')
