/** The head of a request as it goes up (RFC 9112 §3, §5). */

import type { UpstreamRequest } from './upstreams.ts'

const pathText = /^\/[\x21-\x7e\x80-\xff]*$/
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const fieldText = /^[\t\x20-\x7e\x80-\xff]*$/

/** Methods whose requests say that they have no body, where they have none (RFC 9110 §8.6). */
const bearing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Returns the function that writes heads, for the host of an origin. Throws a `TypeError` on what would be another request. */
export function compileRequestHead(origin: string): (request: UpstreamRequest) => string {
  const common = ` HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: keep-alive\r\n`
  return ({ method, path, fields, body, length }) => {
    if (!pathText.test(path)) throw new TypeError('the path holds what no path can')
    let head = `${method} ${path}${common}`
    for (let at = 0; at < fields.length; at += 2) head += field(fields[at] ?? '', fields[at + 1] ?? '')
    return `${head}${framing(method, body, length)}\r\n`
  }
}

function field(name: string, value: string): string {
  if (!fieldName.test(name) || !fieldText.test(value)) throw new TypeError('a header holds what no header can')
  return `${name}: ${value}\r\n`
}

function framing(method: string, body: UpstreamRequest['body'], length: string | undefined): string {
  if (body === undefined) return bearing.has(method) ? 'Content-Length: 0\r\n' : ''
  if (!Buffer.isBuffer(body))
    return length === undefined ? 'Transfer-Encoding: chunked\r\n' : field('Content-Length', length)
  return body.length > 0 || bearing.has(method) ? `Content-Length: ${body.length}\r\n` : ''
}
