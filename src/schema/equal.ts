/** Equality of JSON values: by content, own members only, in any order. */

import { isMembers } from './types.ts'

/** Values nested deeper than this are not told apart, so that no value can exhaust the stack. */
const DEEPEST = 256

/** Whether two JSON values are equal (JSON Schema 2020-12 §4.2.2). */
export function isEqual(left: unknown, right: unknown, depth = 0): boolean {
  if (left === right || depth > DEEPEST) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index], depth + 1))
  }
  if (!isMembers(left) || !isMembers(right)) return false
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name], depth + 1))
}

/** Whether no two items are equal, in one pass: a long list must not cost the square of its length. */
export function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<string>()
  for (const item of items) {
    const text = canonical(item, 0)
    if (seen.has(text)) return false
    seen.add(text)
  }
  return true
}

/** A text that equal values share and different ones do not. */
function canonical(value: unknown, depth: number): string {
  if (depth > DEEPEST) return ''
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`
  if (!isMembers(value)) return typeof value === 'string' ? JSON.stringify(value) : String(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name], depth + 1)}`).join()}}`
}
