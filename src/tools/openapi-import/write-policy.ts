/** A policy as YAML text, with its notes as comments beside what they are about. */

import { type Document, isMap, isPair, isScalar, isSeq, Document as YamlDocument } from 'yaml'
import { isMembers, type Members } from '../../schema/types.ts'
import type { Notes, Subject } from './notes.ts'

export type PolicyTree = Readonly<Partial<Record<string, unknown>>>

const widest = 72

/** `head` stands at the top, a line each; a section without entries is not written. */
export function writePolicy(tree: PolicyTree, notes: Notes, head: readonly string[]): string {
  const filled = Object.fromEntries(
    Object.entries(tree).filter(([, part]) => !isMembers(part) || Object.keys(part).length > 0),
  )
  const document = new YamlDocument(filled, { version: '1.2', aliasDuplicateObjects: false })
  for (const section of ['issuers', 'routes', 'schemas'] as const) {
    const entries = document.get(section)
    if (!isMap(entries)) continue
    for (const { key } of entries.items) {
      const found = notes.about({ section, name: String(isScalar(key) ? key.value : key) } satisfies Subject)
      if (isScalar(key) && found.length > 0) key.commentBefore = found.map((note) => ` ${note}`).join('\n')
    }
  }
  for (const section of spaced(filled)) separate(document, section)
  fold(document.contents)
  const text = document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: true })
  return `${head.map((line) => `# ${line}`.trimEnd()).join('\n')}\n\n${text}`
}

const spaced = (tree: Members): readonly string[] => Object.keys(tree).filter((name) => typeof tree[name] === 'object')

/** A blank line before a section. */
function separate(document: Document, section: string): void {
  if (!isMap(document.contents)) return
  const pair = document.contents.items.find(({ key }) => isScalar(key) && key.value === section)
  if (isScalar(pair?.key)) pair.key.spaceBefore = true
}

/** What fits into a line stands in one, from the blocks of a route on. */
function fold(node: unknown, depth = 0): void {
  if (isPair(node)) fold(node.value, depth)
  if (!isMap(node) && !isSeq(node)) return
  node.flow = depth > 1 && JSON.stringify(node.toJSON()).length <= widest && !hasText(node)
  if (!node.flow) for (const item of node.items) fold(item, depth + 1)
}

/** Lines break only where the text is in a block. */
const hasText = (node: unknown): boolean => {
  if (isPair(node)) return hasText(node.key) || hasText(node.value)
  if (isMap(node) || isSeq(node)) return node.items.some(hasText)
  return isScalar(node) && typeof node.value === 'string' && node.value.includes('\n')
}
