/** Reads JSON as the policy language has it: no member twice, no byte order mark, nothing that a double would round. */

/** What the text says; undefined where it is refused. */
export function readJson(bytes: Buffer): { readonly value: unknown } | undefined {
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes) || text.startsWith('\ufeff')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isExact(text) && depthOf(value) <= 64 ? { value } : undefined
  } catch {
    return undefined
  }
}

/** Of a text that is JSON: string | number | punctuation. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]/g

/** Each object that is open has the set of its names; a list has none. */
function isExact(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  let isName = false
  for (const [piece] of text.matchAll(token)) {
    if (piece === '{') open.push(new Set())
    else if (piece === '[') open.push(undefined)
    else if (piece === '}' || piece === ']') open.pop()
    else if (piece.startsWith('"') && isName && open.at(-1)?.has(JSON.parse(piece))) return false
    else if (piece.startsWith('"') && isName) open.at(-1)?.add(JSON.parse(piece))
    else if (/^[-\d]/.test(piece) && !isKept(Number(piece))) return false
    isName = (piece === '{' || piece === ',') && open.at(-1) !== undefined
  }
  return true
}

const isKept = (number: number): boolean =>
  Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
