/** Keeps the guards' head on an answer that somebody writes on the response itself: it is laid anew as the head goes out. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Headers = OutgoingHttpHeaders | readonly unknown[] | undefined
type Arguments = readonly [status: number, reason?: string | Headers, headers?: Headers]

/**
 * Until what it returns is called, `lay` has the last word on every head; from then on only where the head was taken off
 * again, as Koa does before it answers an error of its own.
 */
export function keepHead(res: ServerResponse, lay: () => void): () => void {
  const writeHead = res.writeHead as (...args: Arguments) => ServerResponse
  let isLast = true
  res.writeHead = (...[status, second, third]: Arguments) => {
    const [reason, headers] = typeof second === 'string' ? [second, third] : [undefined, second ?? third]
    if (res.headersSent || !(isLast || !res.hasHeader('X-Request-Id')))
      return writeHead.call(res, status, second, third)
    for (const [name, values] of entriesOf(headers)) res.setHeader(name, values)
    lay()
    return reason === undefined ? writeHead.call(res, status) : writeHead.call(res, status, reason)
  }
  return () => {
    isLast = false
  }
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
