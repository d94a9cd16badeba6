/** Strict JSON: what two parsers could read in two ways is refused. */

const maxDepth = 64

/** Why a text was refused; the message is fit for a client. */
export class JsonFault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** Members that the text writes: colons outside strings. */
function countMembers(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x3a) count++
    else if (char === 0x22) i = endOfString(text, i)
  }
  return count
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0
  while (text.charCodeAt(index - 1 - slashes) === 0x5c) slashes++
  return slashes % 2 === 1
}

/** Members that the value holds, or why it is refused. */
function countOwn(value: unknown, depth: number): number | JsonFault {
  if (typeof value === 'number') return judgeNumber(value)
  if (typeof value !== 'object' || value === null) return 0
  if (depth === maxDepth) return new JsonFault(`JSON is nested deeper than ${maxDepth} levels`)
  const keys = Object.keys(value)
  let count = Array.isArray(value) ? 0 : keys.length
  for (const key of keys) {
    const inner = countOwn((value as Record<string, unknown>)[key], depth + 1)
    if (typeof inner !== 'number') return inner
    count += inner
  }
  return count
}

function judgeNumber(value: number): number | JsonFault {
  if (!Number.isFinite(value)) return new JsonFault('JSON number is not finite')
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return new JsonFault('JSON integer is beyond 2^53-1')
  return 0
}

/**
 * Parses JSON (RFC 8259) and refuses what is ambiguous: duplicate keys, a byte order mark, numbers that are not finite,
 * integers beyond 2^53-1, more than 64 levels.
 */
export function parseJson(text: string): { readonly value: unknown } | JsonFault {
  if (text.charCodeAt(0) === 0xfeff) return new JsonFault('JSON starts with a byte order mark')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return new JsonFault('Body is not valid JSON')
  }
  const held = countOwn(value, 0)
  if (typeof held !== 'number') return held
  if (held !== countMembers(text)) return new JsonFault('JSON has duplicate keys')
  return { value }
}
