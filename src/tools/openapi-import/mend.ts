/** Holds a policy to `check` itself, and takes out what it finds: what is written is always clean. */

import { isCollection, isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { examine } from '../../policy/inspect.ts'
import type { Path } from '../../schema/schema.ts'
import { ImportFault } from './import-fault.ts'
import type { Notes } from './notes.ts'
import type { PolicyTree } from './write-policy.ts'
import { membersOf } from './written.ts'

/** Each round takes something out. */
const mostRounds = 200

/**
 * Takes out of `tree` whatever `check` finds in the text that `write` makes of it, and notes what that was; undefined where no
 * route is left.
 */
export function mend(tree: PolicyTree, notes: Notes, write: () => string): string | undefined {
  for (let round = 0; round < mostRounds; round++) {
    if (Object.keys(membersOf(tree.routes)).length === 0) return undefined
    const text = write()
    const findings = findingsOf(text)
    if (findings.length === 0) return text
    for (const located of locate(text, findings)) takeOut(tree, located, notes)
  }
  throw new Error('the import never came to an end')
}

/** What `check` says of a policy that is nowhere yet, warnings included. */
export function findingsOf(text: string): readonly Diagnostic[] {
  const files = [{ file: 'policy.yaml', folder: '/', text }]
  return examine({ directory: '/', files, diagnostics: [], folders: [], digest: '' }, undefined).diagnostics
}

interface Located {
  readonly path: Path
  readonly message: string
  readonly rule: string
  readonly hint: string
}

/** The findings by the path of what they are about, the last in the text first: so no index moves. */
function locate(text: string, findings: readonly Diagnostic[]): readonly Located[] {
  const lines = new LineCounter()
  const { contents } = parseDocument(text, { version: '1.2', lineCounter: lines, keepSourceTokens: false })
  const paths = new Map<string, Path>()
  index(contents, [], paths)
  const offset = (line: number, column: number): number => (lines.lineStarts[line - 1] ?? 0) + column - 1
  return findings
    .toSorted((a, b) => b.line - a.line || b.column - a.column)
    .map(({ line, column, endLine, endColumn, message, rule, hint }) => {
      const path = paths.get(`${offset(line, column)}:${offset(endLine, endColumn)}`)
      if (path === undefined) throw new Error(`${rule} stands nowhere: ${message}`)
      return { path, message, rule, hint }
    })
}

/** Every key and value by its range; a key and its value are one entry. */
function index(node: unknown, path: Path, paths: Map<string, Path>): void {
  note(node, path, paths)
  if (!isCollection(node)) return
  for (const [position, item] of node.items.entries()) {
    if (!isPair(item)) index(item, [...path, position], paths)
    else {
      const entry = [...path, String(isScalar(item.key) ? item.key.value : item.key)]
      note(item.key, entry, paths)
      index(item.value, entry, paths)
    }
  }
}

function note(node: unknown, path: Path, paths: Map<string, Path>): void {
  const range = (node as Node | null)?.range
  if (!range) return
  const key = `${range[0]}:${range[1]}`
  if (!paths.has(key) || isMap(node)) paths.set(key, path)
}

/** A part of a schema goes by itself; what is wrong elsewhere in a route takes the route with it. */
function takeOut(tree: PolicyTree, { path, message, rule, hint }: Located, notes: Notes): void {
  const [section, name, block] = path
  if (section === 'upstream') throw new ImportFault(`the upstream cannot be used: ${message}; ${hint}`)
  if ((section !== 'routes' && section !== 'schemas' && section !== 'issuers') || typeof name !== 'string')
    throw new Error(`${rule} at ${path.join('.')}: ${message}`)
  const isPart = path.length > 2 && (section === 'schemas' || block === 'input')
  remove(tree, isPart ? path : [section, name])
  if (rule.endsWith('/unused')) return
  if (isPart) notes.add(`\`${path.slice(2).join('.')}\` is left out: ${message}`, { section, name })
  else notes.add(`left out: \`${name}\`: ${message}`)
}

/** What is gone already was part of something else. */
function remove(tree: unknown, path: Path): void {
  const [last = '', ...above] = path.toReversed()
  const holder = above.toReversed().reduce<unknown>((value, segment) => memberOf(value, segment), tree)
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, last)
}

const memberOf = (value: unknown, segment: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
    ? (value as Record<string | number, unknown>)[segment]
    : undefined
