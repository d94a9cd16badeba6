/** The pages on standards and threats name tests that are there, and leave no requirement out. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from './helpers/markdown.ts'

type Row = ReadonlyMap<string, string>

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

/** The rows of all tables of a page, each cell by the head of its column. */
function rowsOf(file: string): readonly Row[] {
  const tables = read(file).match(/(?:^\|.*\|\n)+/gm) ?? []
  return tables.flatMap((table) => {
    const [head = '', , ...lines] = table.trimEnd().split('\n')
    const names = cellsOf(head)
    return lines.map((line) => new Map(cellsOf(line).map((cell, index) => [names[index] ?? `${index}`, cell])))
  })
}

const chapters = readdirSync(join(root, 'docs/standards')).map((name) => `docs/standards/${name}`)
const held = ['docs/standards.md', 'docs/threat-model.md', ...chapters]
const tested = held.flatMap((file) => rowsOf(file).filter((row) => row.has('test')))

interface Named {
  readonly file: string
  readonly title: string | undefined
}

const reference = /`([a-z-]+(?:\/[a-z-]+)*)`(?:: ([^`]+?))?(?=, `|$)/g

/** File and title, as a cell has them: `a/b`: title, `c/d`. */
const namedBy = (cell: string): readonly Named[] =>
  [...cell.matchAll(reference)].map(([, file = '', title]) => ({ file, title }))

/** Golden cases are tests, too: `reports some thing` is `some-thing.case`. */
function isThere({ file, title }: Named): boolean {
  const path = join(root, 'test', `${file}.test.ts`)
  if (!existsSync(path) || title === undefined) return existsSync(path)
  if (file === 'policy/cases')
    return existsSync(join(root, 'test/policy/cases', `${title.replace('reports ', '').replaceAll(' ', '-')}.case`))
  const source = readFileSync(path, 'utf8')
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`))
}

test('each test that a page names is there', (t) => {
  const named = tested.flatMap((row) => namedBy(row.get('test') ?? ''))
  t.true(named.length > 200)
  t.deepEqual(
    named.filter((each) => !isThere(each)),
    [],
  )
})

test('the last column names tests, and nothing else', (t) => {
  for (const row of tested) {
    const cell = row.get('test') ?? ''
    t.is(cell.replaceAll(reference, '').replaceAll(', ', ''), '', cell)
  }
})

const asvs = chapters.flatMap(rowsOf).filter((row) => row.has('L'))
const by = (row: Row): readonly string[] => (row.get('by') ?? '').split(', ')

test('what the gate has its part in is held by a test, and what is nobody’s says why', (t) => {
  const owners = new Set(['gate', 'policy', 'operator', 'service', 'none', '**no**'])
  for (const row of asvs) {
    const told = [...row.values()].join(' | ')
    t.true(
      by(row).every((owner) => owners.has(owner)),
      told,
    )
    if (by(row)[0] === 'gate') t.not(row.get('test') || (row.get('how') ?? '').includes('](') || '', '', told)
    if (by(row)[0] === '**no**') t.not(row.get('how'), '', told)
  }
})

/** The levels of ASVS 5.0.0, a digit for each requirement of a section, in their order. */
const levels: Readonly<Record<string, string>> = {
  '1.1': '22',
  '1.2': '1111122223',
  '1.3': '112222222223',
  '1.4': '222',
  '1.5': '123',
  '2.1': '122',
  '2.2': '112',
  '2.3': '12223',
  '2.4': '23',
  '3.1': '3',
  '3.2': '113',
  '3.3': '12223',
  '3.4': '11222233',
  '3.5': '11122333',
  '3.6': '3',
  '3.7': '22333',
  '4.1': '12233',
  '4.2': '23333',
  '4.3': '22',
  '4.4': '1222',
  '5.1': '2',
  '5.2': '112333',
  '5.3': '113',
  '5.4': '222',
  '6.1': '122',
  '6.2': '111111112222',
  '6.3': '11223333',
  '6.4': '112233',
  '6.5': '22222333',
  '6.6': '2223',
  '6.7': '33',
  '6.8': '2222',
  '7.1': '222',
  '7.2': '1111',
  '7.3': '22',
  '7.4': '11222',
  '7.5': '223',
  '7.6': '22',
  '8.1': '1233',
  '8.2': '1123',
  '8.3': '133',
  '8.4': '23',
  '9.1': '111',
  '9.2': '1222',
  '10.1': '22',
  '10.2': '223',
  '10.3': '22223',
  '10.4': '1111122222233333',
  '10.5': '22222',
  '10.6': '22',
  '10.7': '222',
  '11.1': '2233',
  '11.2': '22233',
  '11.3': '11233',
  '11.4': '1222',
  '11.5': '23',
  '11.6': '23',
  '11.7': '33',
  '12.1': '12233',
  '12.2': '11',
  '12.3': '22223',
  '13.1': '2333',
  '13.2': '222223',
  '13.3': '2233',
  '13.4': '1222233',
  '14.1': '22',
  '14.2': '12223333',
  '14.3': '122',
  '15.1': '12233',
  '15.2': '12233',
  '15.3': '1222222',
  '15.4': '3333',
  '16.1': '2',
  '16.2': '22222',
  '16.3': '2222',
  '16.4': '222',
  '16.5': '2223',
  '17.1': '23',
  '17.2': '22223333',
  '17.3': '22',
}

const levelOf = new Map<string, string>(
  Object.entries(levels).flatMap(([section, digits]) =>
    [...digits].map((level, index) => [`${section}.${index + 1}`, level] as const),
  ),
)

/** `6.5.1–6.5.3, 6.6.1` is four requirements. */
const idsOf = (row: Row): readonly string[] =>
  (row.get('') ?? '').split(', ').flatMap((range) => {
    const [first = '', last = first] = range.split('–')
    const section = first.replace(/\.\d+$/, '')
    const [from, to] = [first, last].map((id) => Number(id.split('.')[2]))
    return Array.from({ length: (to ?? 0) - (from ?? 0) + 1 }, (_, index) => `${section}.${(from ?? 0) + index}`)
  })

test('every requirement of ASVS of the levels 1 and 2 has one row, with its level', (t) => {
  const asked = [...levelOf].filter(([, level]) => level < '3').map(([id]) => id)
  t.is(asked.length, 253)
  const ids = asvs.flatMap(idsOf)
  t.is(new Set(ids).size, ids.length)
  t.deepEqual(
    asked.filter((id) => !ids.includes(id)),
    [],
  )
  for (const row of asvs)
    t.deepEqual(new Set((row.get('L') ?? '').split(', ')), new Set(idsOf(row).map((id) => levelOf.get(id) ?? '?')))
})

/** How many requirements of a chapter, of the levels 1 and 2, are whose first of all. */
function countsOf(chapter: string): readonly number[] {
  const rows = asvs.flatMap((row) => idsOf(row).map((id) => ({ id, owner: by(row)[0] })))
  const here = rows.filter(({ id }) => id.startsWith(`${chapter}.`) && (levelOf.get(id) ?? '3') < '3')
  return ['gate', 'policy', 'operator', 'service', 'none', '**no**'].map(
    (name) => here.filter(({ owner }) => owner === name).length,
  )
}

test('the overview counts them, and names those that are not met', (t) => {
  const overview = rowsOf('docs/standards.md').filter((row) => row.has('chapter'))
  t.is(overview.length, 17)
  for (const row of overview) {
    const [chapter = '', ...counts] = [...row.values()]
    t.deepEqual(counts.map(Number), countsOf(/V(\d+)/.exec(chapter)?.[1] ?? ''), chapter)
  }
  const missed = asvs.filter((row) => by(row)[0] === '**no**').flatMap(idsOf)
  const told = [
    ...(/\*\*Not met\*\*:[^#]*/.exec(read('docs/standards.md'))?.[0].matchAll(/\d+\.\d+\.\d+/g) ?? []),
  ].flat()
  t.deepEqual(told, missed)
})
