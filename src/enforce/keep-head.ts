/** Keeps the guards' head on an answer that somebody writes on the response itself: it is laid anew as the head goes out. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Headers = OutgoingHttpHeaders | readonly unknown[] | undefined
type Arguments = readonly [status: number, reason?: string | Headers, headers?: Headers]

/** What a response holds while its head is kept; a gate behind another keeps it too, and has its word first. */
interface Keeping {
  readonly lay: () => void
  readonly before: Keeping | undefined
  readonly writeHead: (...args: Arguments) => ServerResponse
  isLast: boolean
}

const keeping = Symbol('keeping')
type Kept = ServerResponse & { [keeping]?: Keeping }

/**
 * Until what it returns is called, `lay` has the last word on every head; from then on only where the head was taken off
 * again, as Koa does before it answers an error of its own.
 */
export function keepHead(res: Kept, lay: () => void): () => void {
  const before = res[keeping]
  const kept = { lay, before, writeHead: before?.writeHead ?? (res.writeHead as Keeping['writeHead']), isLast: true }
  res[keeping] = kept
  res.writeHead = writeKept as typeof res.writeHead
  return () => {
    kept.isLast = false
  }
}

/** One function for all responses: of those with a closure each, V8 lets the dead pile up until a full collection. */
function writeKept(this: Kept, ...[status, second, third]: Arguments): ServerResponse {
  const { writeHead } = this[keeping] as Keeping
  const [reason, headers] = typeof second === 'string' ? [second, third] : [undefined, second ?? third]
  const due = this.headersSent ? [] : layersDue(this)
  if (due.length === 0) return writeHead.call(this, status, second, third)
  for (const [name, values] of entriesOf(headers)) this.setHeader(name, values)
  for (const lay of due) lay()
  return reason === undefined ? writeHead.call(this, status) : writeHead.call(this, status, reason)
}

function layersDue(res: Kept): readonly (() => void)[] {
  const due: (() => void)[] = []
  const isTakenOff = !res.hasHeader('X-Request-Id')
  for (let kept = res[keeping]; kept !== undefined; kept = kept.before)
    if (kept.isLast || isTakenOff) due.push(kept.lay)
  return due
}

/** The three forms that `writeHead` takes: an object, a flat list, a list of pairs; what a list says twice stands twice. */
function entriesOf(headers: Headers): Iterable<readonly [string, string | string[]]> {
  const said = new Map<string, readonly [string, string | string[]]>()
  for (const [name, value] of pairsOf(headers)) {
    const lower = String(name).toLowerCase()
    const values = [said.get(lower)?.[1] ?? [], value].flat(2).map(String)
    said.set(lower, [String(name), values.length === 1 ? String(values[0]) : values])
  }
  return said.values()
}

function pairsOf(headers: Headers): readonly (readonly unknown[])[] {
  if (headers === undefined || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([, value]) => value !== undefined)
  if (headers.every(Array.isArray)) return headers
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []))
}
