/** Cuts what a destination answers, a document or a list of them somewhere in its JSON, to what roles let the caller read. */

import { JsonFault } from '../../../core/json.ts'
import { type JsonNode, parseTree, readValue } from '../../../core/json-tree.ts'
import { FieldPath, type JudgeField } from '../../../services/roles/field-reader.ts'
import { cutDocument } from './cut.ts'
import { BodyFault } from './read-body.ts'

/** How much was left out. */
export interface Withheld {
  fields: number
  items: number
}

interface Filtering {
  /** The segments of a JSON Pointer: where the document or the list stands. */
  readonly at: readonly string[]
  /** What may be read of a document, whose value it asks for. */
  readonly judge: (read: () => unknown) => JudgeField
}

export interface Filtered {
  /** Nothing where the one document may not be read at all. */
  readonly text: string | undefined
  readonly withheld: Withheld
}

/** Filters a text; throws where it is no JSON of one meaning, or has no document where one is said to be. */
export function filterItems(text: string, { at, judge }: Filtering): Filtered {
  const root = parseTree(text)
  if (root instanceof JsonFault) throw new BodyFault(root.message)
  const node = find(root, at)
  const withheld: Withheld = { fields: 0, items: 0 }
  const work: Work = { text, judge, withheld, root: new FieldPath() }
  const cut = (document: JsonNode) => cutOne(document, work)
  const left = node.items === undefined ? cut(node) : cutAll(node.items, cut)
  const isWhole = withheld.fields === 0 && withheld.items === 0
  if (left === undefined || isWhole) return { text: left === undefined ? undefined : text, withheld }
  return { text: text.slice(0, node.start) + left + text.slice(node.end), withheld }
}

function find(root: JsonNode, at: readonly string[]): JsonNode {
  let node: JsonNode | undefined = root
  for (const segment of at) {
    const items: readonly JsonNode[] | undefined = node?.items
    node =
      node?.members?.find(({ name }) => name === segment)?.value ??
      (isIndex(segment) ? items?.[Number(segment)] : undefined)
  }
  if (node === undefined) throw new BodyFault(`the answer has nothing at \`/${at.join('/')}\``)
  return node
}

const isIndex = (segment: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(segment)

const cutAll = (items: readonly JsonNode[], cut: (item: JsonNode) => string | undefined): string =>
  `[${items.flatMap((item) => cut(item) ?? []).join(',')}]`

interface Work extends Pick<Filtering, 'judge'> {
  readonly text: string
  readonly withheld: Withheld
  readonly root: FieldPath
}

/** `null` holds nothing that could be kept back; of what else is no object, no rule can speak. */
function cutOne(node: JsonNode, { text, judge, withheld, root }: Work): string | undefined {
  const written = text.slice(node.start, node.end)
  if (written === 'null') return written
  if (node.members === undefined) throw new BodyFault('the answer has other than an object where a document stands')
  let count = 0
  const left = cutDocument(node, { text, root, judge: judge(() => readValue(text, node)), count: () => void count++ })
  if (left === undefined) withheld.items++
  else withheld.fields += count
  return left
}
