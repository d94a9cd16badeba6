/** The same policy by hand on Node's HTTP server, one hard-coded route: about what can be reached at all. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { audience, issuer, limit, origin, port, scope, secret } from '../agreed.ts'

interface Caller {
  readonly sub: string
  readonly scopes: readonly string[]
  readonly exp: number
}

interface Bucket {
  left: number
  at: number
}

const most = 5_000
const prefix = '/orders/'
const callers = new Map<string, Caller>()
const buckets = new Map<string, Bucket>()
const head = [
  ...['Content-Type', 'application/json; charset=utf-8'],
  ...['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin'],
  ...['X-Content-Type-Options', 'nosniff', 'X-Frame-Options', 'DENY', 'Referrer-Policy', 'no-referrer'],
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'", 'Cache-Control', 'no-store'],
  ...['Cross-Origin-Opener-Policy', 'same-origin', 'Cross-Origin-Resource-Policy', 'same-origin'],
  ...['X-DNS-Prefetch-Control', 'off', 'X-Permitted-Cross-Domain-Policies', 'none', 'Origin-Agent-Cluster', '?1'],
]

function verify(token: string): Caller | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const actual = Buffer.from(signature, 'base64url')
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const { iss, aud, sub, exp, scope: granted } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  if (alg !== 'HS256' || iss !== issuer || aud !== audience) return undefined
  if (callers.size >= most) callers.clear()
  const caller = { sub, scopes: granted.split(' '), exp }
  callers.set(token, caller)
  return caller
}

function authenticate(authorization: string | undefined, now: number): Caller | undefined {
  if (!authorization?.startsWith('Bearer ')) return undefined
  const token = authorization.slice(7)
  const caller = callers.get(token) ?? verify(token)
  return caller && caller.exp * 1000 > now ? caller : undefined
}

/** How many calls are left after this one; below zero there was none. */
function take(user: string, now: number): number {
  const bucket = buckets.get(user) ?? { left: limit.calls, at: now }
  buckets.set(user, bucket)
  bucket.left = Math.min(limit.calls, bucket.left + ((now - bucket.at) * limit.calls) / (limit.seconds * 1000))
  bucket.at = now
  if (bucket.left < 1) return -1
  bucket.left -= 1
  return Math.floor(bucket.left)
}

const names = new Set(['sku', 'quantity', 'price', 'express', 'note'])

function isOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  for (const name in value) if (!names.has(name)) return false
  const { sku, quantity, price, express, note } = value as Record<string, unknown>
  if (typeof sku !== 'string' || !/^[A-Z0-9-]{4,32}$/.test(sku)) return false
  if (!Number.isInteger(quantity) || Number(quantity) < 1 || Number(quantity) > 999) return false
  if (typeof price !== 'number' || price < 0 || typeof express !== 'boolean') return false
  return note === undefined || (typeof note === 'string' && note.length <= 500)
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Answer {
  readonly status: number
  readonly value: object
  /** Calls left. */
  readonly left?: number
}

const refusal = (status: number, code: string): Answer => ({ status, value: { status: 'error', code } })

function send(res: ServerResponse, { status, value, left }: Answer): void {
  const body = JSON.stringify(value)
  const own = ['Content-Length', String(Buffer.byteLength(body))]
  res.writeHead(status, [...head, ...own, ...(left === undefined ? [] : ['X-RateLimit-Remaining', String(left)])])
  res.end(body)
}

/** A refusal before the body is read, or how many calls are left. */
function judge({ method, url = '', headers }: IncomingMessage): Answer | number {
  if (method !== 'POST' || !url.startsWith(prefix)) return refusal(404, 'route_unknown')
  const now = Date.now()
  const caller = authenticate(headers.authorization, now)
  if (caller === undefined) return refusal(401, 'token_invalid')
  const left = take(caller.sub, now)
  if (left < 0) return refusal(429, 'rate_limited')
  return caller.scopes.includes(scope) ? left : refusal(403, 'scope_missing')
}

function handle(req: IncomingMessage, res: ServerResponse): void {
  const left = judge(req)
  if (typeof left !== 'number') {
    req.resume()
    send(res, left)
    return
  }
  const chunks: Buffer[] = []
  req.on('data', (chunk) => chunks.push(chunk))
  req.once('end', () => {
    const [only, ...more] = chunks
    const text = (only && more.length === 0 ? only : Buffer.concat(chunks)).toString()
    const value = { id: req.url?.slice(prefix.length), accepted: true }
    send(res, isOrder(read(text)) ? { status: 201, value, left } : { ...refusal(422, 'input_invalid'), left })
  })
}

createServer(handle).listen(port, '127.0.0.1')
