/** Cuts a JSON document down to the fields that may be read; what stays, stays as it was written. */

import type { JsonNode } from '../../../core/json-tree.ts'
import type { FieldPath, JudgeField } from '../../../services/roles/field-reader.ts'

/** What one cut works with, and what it left out. */
export interface Cut {
  readonly text: string
  readonly judge: JudgeField
  /** The path of the document itself. */
  readonly root: FieldPath
  /** A member, or an item of a list that has none, was left out. */
  count(): void
}

interface Place {
  readonly field: FieldPath
  /** A field that holds it may be read, and so with it all that no rule forbids. */
  readonly allowed: boolean
}

/** The text of what is left of a document; nothing where nothing of it may be read. */
export const cutDocument = (node: JsonNode, cut: Cut): string | undefined =>
  cutNode(node, { field: cut.root, allowed: false }, cut)

function cutNode(node: JsonNode, place: Place, cut: Cut): string | undefined {
  if (node.members !== undefined) return cutObject(node, place, cut)
  if (node.items !== undefined) return cutList(node, place, cut)
  return place.allowed ? cut.text.slice(node.start, node.end) : undefined
}

function cutObject({ members = [] }: JsonNode, { field, allowed }: Place, cut: Cut): string | undefined {
  const kept: string[] = []
  for (const { name, start, value } of members) {
    const own = field.member(name)
    const verdict = cut.judge(own)
    const left =
      verdict === 'forbidden'
        ? undefined
        : cutNode(value, { field: own, allowed: allowed || verdict === 'allowed' }, cut)
    if (left === undefined) cut.count()
    else kept.push(cut.text.slice(start, value.start) + left)
  }
  return allowed || kept.length > 0 ? `{${kept.join(',')}}` : undefined
}

/** The items of a list are of the list's own field. */
function cutList({ items = [] }: JsonNode, place: Place, cut: Cut): string | undefined {
  const kept: string[] = []
  for (const item of items) {
    const left = cutNode(item, place, cut)
    if (left !== undefined) kept.push(left)
    else if (isLeaf(item)) cut.count()
  }
  return place.allowed || kept.length > 0 ? `[${kept.join(',')}]` : undefined
}

/** Of others what they hold was counted. */
const isLeaf = ({ members, items }: JsonNode): boolean => (members ?? items ?? []).length === 0
