/** The repository holds itself to its own layout: layers, the registry of guards, names of rules, nothing foreign. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { stale } from '../scripts/generate.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Imports point left only; what shares a place may not import one another, except inside its own folder. */
const layers: readonly (readonly string[])[] = [
  ['core'],
  ['schema'],
  ['services'],
  ['guards', 'handlers'],
  ['policy'],
  ['enforce'],
  ['app.ts'],
  ['library'],
  ['index.ts', 'server', 'tools'],
  ['cli'],
]

interface Import {
  readonly from: string
  readonly to: string
}

const sources = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name))

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

function importsOf(file: string): readonly Import[] {
  const found = read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, target = '']) => ({ from: file, to: relative(root, join(root, dirname(file), target)) }))
}

const placeOf = (file: string): string => relative('src', file).split('/')[0] ?? ''
const layerOf = (file: string): number => layers.findIndex((layer) => layer.includes(placeOf(file)))

test('every file of src stands in a layer', (t) => {
  t.deepEqual(
    sources('src').filter((file) => layerOf(file) === -1),
    [],
  )
})

test('imports point left only', (t) => {
  const wrong = sources('src')
    .flatMap(importsOf)
    .filter(
      ({ from, to }) => layerOf(to) > layerOf(from) || (layerOf(to) === layerOf(from) && placeOf(to) !== placeOf(from)),
    )
  t.deepEqual(wrong, [])
})

test('guards do not import one another', (t) => {
  const shared = new Set(['guard.ts', 'recording.ts'])
  const ownerOf = (file: string) => relative('src/guards', file).split('/')[0] ?? ''
  const wrong = sources('src/guards')
    .filter((file) => ownerOf(file) !== 'index.ts')
    .flatMap(importsOf)
    .filter(({ to }) => to.startsWith('src/guards/') && !shared.has(ownerOf(to)))
    .filter(({ from, to }) => ownerOf(from) !== ownerOf(to))
  t.deepEqual(wrong, [])
})

test('every guard stands in the registry', (t) => {
  const registry = read('src/guards/index.ts')
  const guards = sources('src/guards').filter(
    (file) => /= defineGuard[<(]/.test(read(file)) && !file.endsWith('guards/guard.ts'),
  )
  t.true(guards.length >= 9)
  for (const file of guards) t.true(registry.includes(`'./${relative('src/guards', file)}'`), file)
})

test('every source file opens with one sentence of purpose', (t) => {
  for (const file of sources('src')) t.regex(read(file), /^(#!.*\n)?\/\*\*/, file)
})

test('no file of src is longer than 250 lines', (t) => {
  for (const file of sources('src')) t.true(read(file).split('\n').length <= 251, file)
})

test('every relative import names a file that is there', (t) => {
  for (const { to, from } of sources('src').flatMap(importsOf)) t.true(existsSync(join(root, to)), `${from} → ${to}`)
})

test('nothing is switched off, put off or left behind', (t) => {
  const left =
    /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|biome-ignore|\btest\.(skip|only|todo|failing)\b/
  const files = [...sources('src'), ...sources('test'), ...sources('scripts')].filter(
    (file) => file !== 'test/repository.test.ts',
  )
  for (const file of files) t.notRegex(read(file), left, file)
})

/** `node:vm` is asked for the collector once; policies name the modules that are imported. */
test('starts no program, and runs no text as code', (t) => {
  const running = /node:child_process|\beval\(|\bnew Function\b|\bFunction\(/
  const evaluating = new Set(['src/services/redis/evaluate.ts'])
  for (const file of sources('src').filter((name) => !evaluating.has(name))) t.notRegex(read(file), running, file)
  t.deepEqual(
    sources('src').filter((file) => read(file).includes("'node:vm'")),
    ['src/server/shrink-heap.ts'],
  )
})

test('every generated file is current', (t) => {
  const files = stale().map(([file]) => file)
  t.deepEqual(files, [], 'run `npm run generate`')
})
