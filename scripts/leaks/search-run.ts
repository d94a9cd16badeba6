/** Searches all that a run of the tests has left for all the secrets that were used in it. */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { between, isAllowed } from './allowed.ts'
import { Finder, type Found } from './finder.ts'
import { formsOf } from './forms.ts'
import { isOwnKey, readOwnKey } from './own-keys.ts'
import { findShapes, longestShape } from './shapes.ts'

export interface Leak {
  /** The test file. */
  readonly test: string
  /** Of what kinds it is, for one value may be used as several, and how it is written; never the secret. */
  readonly secret: string
  /** Below the folder of the test file. */
  readonly file: string
  readonly offset: number
}

export interface Searched {
  readonly leaks: readonly Leak[]
  readonly bytes: number
  readonly secrets: number
}

interface Place {
  readonly path: string
  readonly test: string
  readonly file: string
}

interface Search {
  readonly finder: Finder
  /** What is read into, over and over. */
  readonly piece: Buffer
}

const chunkBytes = 8 * 2 ** 20

/** Of a secret in a file, the first place is told. */
export function searchRun(run: string): Searched {
  const records = readdirSync(run, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const folders = records.map(({ name }) => join(run, name))
  const places = folders.flatMap(placesOf)
  const secrets = withoutWords(kindsOf([...folders.flatMap(secretsOf), ...places.flatMap(ownKeyOf)]))
  const finder = new Finder()
  for (const [base64, kinds] of secrets)
    for (const [form, bytes] of formsOf(Buffer.from(base64, 'base64'))) finder.add(`${kinds} (${form})`, bytes)
  const piece = Buffer.alloc(chunkBytes + Math.max(finder.longest, longestShape))
  const leaks = new Map<string, Leak>()
  let bytes = 0
  for (const place of places) {
    bytes += searchFile(place.path, { finder, piece }, ({ name, at }) => {
      const leak = { test: place.test, secret: name, file: place.file, offset: at }
      const key = `${place.path}\n${name}`
      if (!leaks.has(key) && !isAllowed(leak)) leaks.set(key, leak)
    })
  }
  return { leaks: [...leaks.values()], bytes, secrets: secrets.size }
}

const sources = fileURLToPath(new URL('../../src', import.meta.url))

/**
 * Leaves out what stands in the sources, such as a word that the tests of passwords choose, and the names that every object
 * has, which generated texts and lists of attacks share: everybody knows them.
 */
function withoutWords(secrets: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const finder = new Finder()
  for (const base64 of secrets.keys())
    for (const bytes of formsOf(Buffer.from(base64, 'base64')).values()) finder.add(base64, bytes)
  const entries = readdirSync(sources, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const words = new Set(
    entries.flatMap((entry) => finder.find(readFileSync(join(entry.parentPath, entry.name))).map(({ name }) => name)),
  )
  for (const name of Object.getOwnPropertyNames(Object.prototype)) words.add(Buffer.from(name).toString('base64'))
  return new Map([...secrets].filter(([base64]) => !words.has(base64)))
}

/** Base64 → all its kinds. */
function kindsOf(secrets: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const kinds = new Map<string, Set<string>>()
  for (const [base64, kind] of secrets) kinds.set(base64, (kinds.get(base64) ?? new Set()).add(kind))
  return new Map([...kinds].map(([base64, each]) => [base64, [...each].toSorted().join(between)]))
}

/** Base64 and kind. */
const secretsOf = (folder: string): readonly (readonly [string, string])[] =>
  readFileSync(join(folder, 'secrets'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [kind = '', base64 = ''] = line.split('\t')
      return [base64, kind]
    })

function ownKeyOf({ path }: Place): readonly (readonly [string, string])[] {
  const key = isOwnKey(path) ? readOwnKey(path, readFileSync(path, 'utf8')) : undefined
  return key === undefined ? [] : [[key.toString('base64'), 'own key']]
}

function placesOf(folder: string): readonly Place[] {
  const test = readFileSync(join(folder, 'test'), 'utf8')
  return ['output', 'removed', 'tmp']
    .flatMap((name) => readdirSync(join(folder, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, test, file: relative(folder, path) }))
}

/** Piece by piece, each beginning with the end of the one before; the number of bytes. */
function searchFile(path: string, { finder, piece }: Search, tell: (found: Found) => void): number {
  const file = openSync(path, 'r')
  const overlap = piece.length - chunkBytes
  let [kept, offset] = [0, 0]
  for (let read = -1; read !== 0; ) {
    read = readSync(file, piece, kept, chunkBytes, null)
    const whole = piece.subarray(0, kept + read)
    for (const found of [...finder.find(whole), ...findShapes(whole)]) tell({ ...found, at: offset + found.at })
    const end = Math.min(whole.length, overlap)
    offset += whole.length - end
    kept = end
    whole.copy(piece, 0, whole.length - end)
  }
  closeSync(file)
  return offset + kept
}
