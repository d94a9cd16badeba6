/** The head of a request as it goes up (RFC 9112 §3, §6). */

import type { UpstreamRequest } from './upstreams.ts'

const pathText = /^\/[\x21-\x7e\x80-\xff]*$/

/** Methods whose requests say that they have no body, where they have none (RFC 9110 §8.6). */
const bearing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Returns the function that writes heads, for the host of an origin; a fault where a path holds what none can. */
export function compileRequestHead(origin: string): (request: UpstreamRequest) => string | TypeError {
  const common = ` HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: keep-alive\r\n`
  return (request) => {
    const { method, path, lines } = request
    if (!pathText.test(path)) return new TypeError('the path holds what no path can')
    return `${method} ${path}${common}${lines}${framing(request)}\r\n`
  }
}

function framing({ method, body, length }: UpstreamRequest): string {
  if (body === undefined) return bearing.has(method) ? 'Content-Length: 0\r\n' : ''
  if (Buffer.isBuffer(body)) return body.length > 0 || bearing.has(method) ? `Content-Length: ${body.length}\r\n` : ''
  return length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`
}
