/** JSON as a tree of places in its text, so that parts of it can be left out and the rest goes on byte for byte. */

import { JsonFault } from './json.ts'
import { endOfString } from './json-reader.ts'

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

const scalarAt = /[^\s,\]}]+/y

/** One pass over a text that JSON.parse accepted. */
class TreeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(depth: number): JsonNode {
    if (depth > maxDepth) throw tooDeep
    this.#skip()
    const start = this.#at
    const char = this.#text[start]
    if (char === '{') return { start, members: this.#readMembers(depth + 1), end: this.#at }
    if (char === '[') return { start, items: this.#readItems(depth + 1), end: this.#at }
    this.#at = char === '"' ? endOfString(this.#text, start) + 1 : this.#endOfScalar()
    return { start, end: this.#at }
  }

  #readMembers(depth: number): readonly JsonMember[] {
    const members: JsonMember[] = []
    const names = new Set<string>()
    while (this.#enter('}')) {
      const start = this.#at
      this.#at = endOfString(this.#text, start) + 1
      const name = readString(this.#text, start, this.#at)
      if (names.has(name)) throw doubled
      names.add(name)
      this.#skip()
      this.#at++
      members.push({ name, start, value: this.read(depth) })
    }
    return members
  }

  #readItems(depth: number): readonly JsonNode[] {
    const items: JsonNode[] = []
    while (this.#enter(']')) items.push(this.read(depth))
    return items
  }

  /** Steps over the bracket that opens or the comma; tells whether something follows before `close`. */
  #enter(close: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== close) this.#at++
    this.#skip()
    if (this.#text[this.#at] !== close) return true
    this.#at++
    return false
  }

  #endOfScalar(): number {
    scalarAt.lastIndex = this.#at
    return this.#at + (scalarAt.exec(this.#text)?.[0].length ?? 0)
  }

  #skip(): void {
    while (this.#text.charCodeAt(this.#at) <= 0x20) this.#at++
  }
}

/** Without an escape it stands there as it is; a string that stands alone is parsed rightly (see json-reader.ts). */
function readString(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  return inner.includes('\\') ? JSON.parse(text.slice(start, end)) : inner
}

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
  if (text.charCodeAt(start) === 0x22) return readString(text, start, end)
  const written = text.slice(start, end)
  if (literals.has(written)) return literals.get(written)
  const value = Number(written)
  return isExact(value) ? value : undefined
}

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
