/** The head of a request as it goes up (RFC 9112 §3, §6). */

import type { UpstreamRequest } from './upstreams.ts'

const pathText = /^\/[\x21-\x7e\x80-\xff]*$/

/**
 * Methods with a body: their requests say so where they have none (RFC 9110 §8.6). Not every server reads the body of
 * others, and could take it for the next request.
 */
const bearing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Returns the function that writes heads, for the host of an origin; a fault where a path holds what none can. */
export function compileRequestHead(origin: string): (request: UpstreamRequest) => string | TypeError {
  const common = ` HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: `
  return (request) => {
    const { method, path, lines } = request
    const connection = isLast(request) ? 'close\r\n' : 'keep-alive\r\n'
    if (!pathText.test(path)) return new TypeError('the path holds what no path can')
    return `${method} ${path}${common}${connection}${lines}${framing(request)}\r\n`
  }
}

/** Whether its connection takes no request after it: its body could be read as one, or that of its answer as the next. */
export const isLast = ({ method, body }: UpstreamRequest): boolean =>
  method === 'HEAD' || (body !== undefined && !bearing.has(method))

function framing({ method, body, length }: UpstreamRequest): string {
  if (body === undefined) return bearing.has(method) ? 'Content-Length: 0\r\n' : ''
  if (Buffer.isBuffer(body)) return body.length > 0 || bearing.has(method) ? `Content-Length: ${body.length}\r\n` : ''
  return length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`
}
