/** JSON as a tree of places in its text, so that parts of it can be left out and the rest goes on byte for byte. */

import { JsonFault } from './json.ts'
import { JsonCursor } from './json-cursor.ts'

/** A value: where it stands, and what is in it. */
export interface JsonNode {
  readonly start: number
  /** One past its last character. */
  readonly end: number
  readonly members?: readonly JsonMember[]
  readonly items?: readonly JsonNode[]
}

export interface JsonMember {
  readonly name: string
  /** Where its name starts. */
  readonly start: number
  readonly value: JsonNode
}

const maxDepth = 64
const doubled = new JsonFault('JSON has duplicate keys')
const tooDeep = new JsonFault(`JSON is nested deeper than ${maxDepth} levels`)
const invalid = new JsonFault('Invalid JSON')

/** Reads a text; duplicate keys and more than 64 levels are refused, as they can be read in two ways or not at all. */
export function parseTree(text: string): JsonNode | JsonFault {
  try {
    JSON.parse(text)
    return new TreeReader(text).read(0)
  } catch (error) {
    return error instanceof JsonFault ? error : invalid
  }
}

/** One pass over a text that JSON.parse accepted. */
class TreeReader {
  readonly #cursor: JsonCursor

  constructor(text: string) {
    this.#cursor = new JsonCursor(text)
  }

  read(depth: number): JsonNode {
    if (depth > maxDepth) throw tooDeep
    const cursor = this.#cursor
    const char = cursor.next()
    const start = cursor.at
    if (char === '{') return { start, members: this.#readMembers(depth + 1), end: cursor.at }
    if (char === '[') return { start, items: this.#readItems(depth + 1), end: cursor.at }
    if (char === '"') cursor.string()
    else cursor.scalar()
    return { start, end: cursor.at }
  }

  #readMembers(depth: number): readonly JsonMember[] {
    const members: JsonMember[] = []
    const names = new Set<string>()
    while (this.#cursor.enter('}')) {
      const start = this.#cursor.at
      const name = readString(this.#cursor.string())
      if (names.has(name)) throw doubled
      names.add(name)
      this.#cursor.colon()
      members.push({ name, start, value: this.read(depth) })
    }
    return members
  }

  #readItems(depth: number): readonly JsonNode[] {
    const items: JsonNode[] = []
    while (this.#cursor.enter(']')) items.push(this.read(depth))
    return items
  }
}

/** Without an escape it stands there as it is; a string that stands alone is parsed rightly (see json-reader.ts). */
const readString = (written: string): string => (written.includes('\\') ? JSON.parse(written) : written.slice(1, -1))

/** The value of a node, of own members only; numbers that JavaScript cannot hold exactly are no value. */
export function readValue(text: string, { start, end, members, items }: JsonNode): unknown {
  if (items !== undefined) return items.map((item) => readValue(text, item))
  if (members === undefined) return readScalar(text, start, end)
  const object: Record<string, unknown> = {}
  for (const { name, value } of members) {
    const held = readValue(text, value)
    // Set like the others, it would be the prototype.
    if (name !== '__proto__') object[name] = held
    else Object.defineProperty(object, name, { value: held, enumerable: true, writable: true, configurable: true })
  }
  return object
}

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
])

function readScalar(text: string, start: number, end: number): unknown {
  const written = text.slice(start, end)
  if (written.startsWith('"')) return readString(written)
  if (literals.has(written)) return literals.get(written)
  const value = Number(written)
  return isExact(value) ? value : undefined
}

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
