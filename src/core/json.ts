/** Strict JSON: what two parsers could read in two ways is refused. */

import { endOfString } from './json-cursor.ts'
import { JsonReader } from './json-reader.ts'

const maxDepth = 64

/** Why a text was refused; the message is fit for a client. */
export class JsonFault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const invalid = new JsonFault('Invalid JSON')
const marked = new JsonFault('JSON starts with a byte order mark')
const doubled = new JsonFault('JSON has duplicate keys')
const tooDeep = new JsonFault(`JSON is nested deeper than ${maxDepth} levels`)
const infinite = new JsonFault('JSON number is not finite')
const imprecise = new JsonFault('JSON integer is beyond 2^53-1')

/** What the text of valid JSON says before it is given a meaning. */
interface Scan {
  /** How many members it writes: its colons outside strings. */
  members: number
  depth: number
  /** Whether a key is written with an escape. */
  escapedKey: boolean
}

function scan(text: string): Scan {
  const found: Scan = { members: 0, depth: 0, escapedKey: false }
  let open = 0
  let slash = text.indexOf('\\')
  let escaped = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x22) {
      const end = endOfString(text, i)
      if (slash !== -1 && slash < i) slash = text.indexOf('\\', i)
      escaped = slash !== -1 && slash < end
      i = end
    } else if (char === 0x3a) {
      found.members++
      found.escapedKey ||= escaped
    } else if (char === 0x7b || char === 0x5b) {
      found.depth = Math.max(found.depth, ++open)
    } else if (char === 0x7d || char === 0x5d) open--
  }
  return found
}

/** Members that the value holds, or why it is refused. */
function countMembers(value: unknown): number | JsonFault {
  if (typeof value === 'number') return judgeNumber(value)
  if (typeof value !== 'object' || value === null) return 0
  const values: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let count = values === value ? 0 : values.length
  for (const inner of values) {
    const held = countMembers(inner)
    if (typeof held !== 'number') return held
    count += held
  }
  return count
}

function judgeNumber(value: number): number | JsonFault {
  if (!Number.isFinite(value)) return infinite
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? imprecise : 0
}

/**
 * Parses JSON (RFC 8259) and refuses what is ambiguous: duplicate keys, a byte order mark, numbers that are not finite,
 * integers beyond 2^53-1, more than 64 levels.
 */
export function parseJson(text: string): { readonly value: unknown } | JsonFault {
  if (text.charCodeAt(0) === 0xfeff) return marked
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return invalid
  }
  const { members, depth, escapedKey } = scan(text)
  if (depth > maxDepth) return tooDeep
  if (escapedKey) value = new JsonReader(text).read()
  const held = countMembers(value)
  if (typeof held !== 'number') return held
  return held === members ? { value } : doubled
}
