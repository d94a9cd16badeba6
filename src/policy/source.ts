/** One policy file: its text, its YAML nodes, and where each of its values stands. */

import { type Document, isAlias, isMap, isPair, isSeq, type LineCounter, type Node, type Pair } from 'yaml'
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

type Offsets = readonly [start: number, end: number]

export class SourceFile implements SourceText {
  readonly file: string
  readonly folder: string
  readonly text: string
  readonly #document: Document
  readonly #lines: LineCounter

  constructor(text: SourceText, document: Document, lines: LineCounter) {
    this.file = text.file
    this.folder = text.folder
    this.text = text.text
    this.#document = document
    this.#lines = lines
  }

  /** The place of the value at `path`, of its key with `onKey`; of the nearest holder where there is no such value. */
  range(path: Path, onKey = false): Range {
    return this.rangeOfOffsets(this.#locate(path, onKey))
  }

  /** The range of two character offsets. */
  rangeOfOffsets([start, end]: Offsets): Range {
    return rangeBetween(this.file, this.#lines, [start, end])
  }

  #locate(path: Path, onKey: boolean): Offsets {
    let found: Offsets = [0, 0]
    let node: unknown = this.#document.contents
    for (const [depth, segment] of path.entries()) {
      const child = this.#step(node, segment)
      if (child === undefined) break
      const last = depth === path.length - 1
      found =
        (last && onKey && isPair(child) ? offsetsOf(child.key) : undefined) ??
        offsetsOf(nodeOf(child)) ??
        offsetsOf(isPair(child) ? child.key : child) ??
        found
      node = nodeOf(child)
    }
    return found
  }

  #step(node: unknown, segment: PathSegment): Pair | unknown {
    const holder = isAlias(node) ? node.resolve(this.#document) : node
    if (isMap(holder)) return holder.items.find((pair) => keyText(pair.key) === String(segment))
    if (isSeq(holder)) return holder.items[Number(segment)]
    return undefined
  }
}

const keyText = (key: unknown): string => String((key as { value?: unknown } | null)?.value ?? '')
const nodeOf = (child: unknown): unknown => (isPair(child) ? child.value : child)

function offsetsOf(node: unknown): Offsets | undefined {
  const range = (node as Node | null)?.range
  if (!range) return undefined
  return [range[0], Math.max(range[1], range[0])]
}

/** The range of two offsets, counted from 1. */
export function rangeBetween(file: string, lines: LineCounter, [start, end]: Offsets): Range {
  const from = lines.linePos(start)
  const to = lines.linePos(end)
  return {
    file,
    line: Math.max(from.line, 1),
    column: Math.max(from.col, 1),
    endLine: Math.max(to.line, 1),
    endColumn: Math.max(to.col, 1),
  }
}
