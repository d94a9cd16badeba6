/** One policy file: its text, its YAML nodes, and where each of its values stands. */

import { isAlias, isCollection, isMap, isPair, type LineCounter, type Node, type Pair } from 'yaml'
import type { Range } from '../core/diagnostic.ts'
import type { Path, PathSegment } from '../schema/schema.ts'

export interface SourceText {
  /** As people name it: `policies/orders.yaml`. */
  readonly file: string
  /** Absolute path of the folder it lies in. */
  readonly folder: string
  readonly text: string
}

/** A value's place: a file and the way to it. */
export interface Place {
  readonly source: SourceFile
  readonly path: Path
}

/** The place of what stands below another. */
export const below = ({ source, path }: Place, ...segments: Path): Place => ({ source, path: [...path, ...segments] })

/** One text for each place, to find it again by. */
export const placeKey = ({ source, path }: Place): string => [source.file, ...path].join('\0')

type Offsets = readonly [start: number, end: number]

/** A member of a map or list: its key, where it has one, and its value. */
interface Entry {
  readonly key: unknown
  readonly value: unknown
}

type Members = ReadonlyMap<string, Entry>

/** The nodes of a file, and what its aliases stand for. */
interface Nodes {
  readonly contents: unknown
  readonly targets: ReadonlyMap<Node, Node>
}

export class SourceFile implements SourceText {
  readonly file: string
  readonly folder: string
  readonly text: string
  readonly #nodes: Nodes
  readonly #lines: LineCounter
  readonly #members = new Map<object, Members>()

  constructor(text: SourceText, nodes: Nodes, lines: LineCounter) {
    this.file = text.file
    this.folder = text.folder
    this.text = text.text
    this.#nodes = nodes
    this.#lines = lines
  }

  /** The place of the value at `path`, of its key with `onKey`; of the nearest holder where there is no such value. */
  range(path: Path, onKey = false): Range {
    return this.#rangeOf(this.#locate(path, onKey))
  }

  rangeOfNode(node: Node): Range {
    return this.#rangeOf(offsetsOf(node) ?? [0, 0])
  }

  #rangeOf(offsets: Offsets): Range {
    return rangeBetween(this.file, this.#lines, offsets)
  }

  #locate(path: Path, onKey: boolean): Offsets {
    let found: Offsets = [0, 0]
    let node = this.#nodes.contents
    for (const [depth, segment] of path.entries()) {
      const entry = this.#enter(node, segment)
      if (entry === undefined) break
      const keyWanted = onKey && depth === path.length - 1
      found = (keyWanted ? offsetsOf(entry.key) : offsetsOfValue(entry)) ?? offsetsOfValue(entry) ?? found
      node = entry.value
    }
    return found
  }

  #enter(node: unknown, segment: PathSegment): Entry | undefined {
    const holder = isAlias(node) ? this.#nodes.targets.get(node) : node
    if (!isCollection(holder)) return undefined
    if (!isMap(holder)) return entryOf(holder.items[Number(segment)])
    const text = String(segment)
    if (holder.items.length <= few) return entryOf(holder.items.find(({ key }) => keyText(key) === text))
    const members = this.#members.get(holder) ?? membersOf(holder.items)
    this.#members.set(holder, members)
    return members.get(text)
  }
}

/** A map of up to so many members is searched, a longer one is indexed. */
const few = 12

const membersOf = (items: readonly Pair[]): Members => new Map(items.map((pair) => [keyText(pair.key), pair]))

function entryOf(member: unknown): Entry | undefined {
  if (member === undefined) return undefined
  return isPair(member) ? member : { key: undefined, value: member }
}

const keyText = (key: unknown): string => String((key as { value?: unknown } | null)?.value ?? '')

/** A value that is left out (`cors:`), or a block below its key, stands where the key does. */
function offsetsOfValue({ key, value }: Entry): Offsets | undefined {
  const offsets = offsetsOf(value)
  const isBlock = isCollection(value) && !value.flow
  if (offsets !== undefined && (key === undefined || (offsets[0] < offsets[1] && !isBlock))) return offsets
  return offsetsOf(key)
}

function offsetsOf(node: unknown): Offsets | undefined {
  const range = (node as Node | null | undefined)?.range
  return range ? [range[0], range[1]] : undefined
}

/** The range of two offsets, counted from 1. */
export function rangeBetween(file: string, lines: LineCounter, [start, end]: Offsets): Range {
  const from = lines.linePos(start)
  const to = lines.linePos(Math.max(start, end))
  return {
    file,
    line: Math.max(from.line, 1),
    column: Math.max(from.col, 1),
    endLine: Math.max(to.line, 1),
    endColumn: Math.max(to.col, 1),
  }
}
