/** Takes down the answers that may give nothing away, and the credentials of the requests and answers of a test. */

import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { TestRecord } from './record.ts'
import { before } from './watch-processes.ts'

type Headers = readonly (readonly [name: string, value: string])[]

export function watchExchanges(record: TestRecord): void {
  watchNode(record)
  watchUndici(record)
}

/** `node:http`, and `node:https`. */
function watchNode(record: TestRecord): void {
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { readonly request: ClientRequest }
    for (const method of ['write', 'end'] as const) before(request, method, (chunk) => noteBody(record, chunk))
  })
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { readonly request: ClientRequest; readonly response: IncomingMessage }
    noteHeaders(record, pairsOf(Object.entries(request.getHeaders()).flat()))
    noteHeaders(record, pairsOf(response.rawHeaders))
    const answer = noteAnswer(record, response.statusCode ?? 0, pairsOf(response.rawHeaders))
    before(response, 'push', answer)
  })
}

interface UndiciMessage {
  readonly request: { readonly headers: string | readonly string[] }
  readonly response: { readonly statusCode: number; readonly headers: readonly Buffer[] }
  readonly chunk: unknown
}

/** `fetch`, and whoever uses undici itself. */
function watchUndici(record: TestRecord): void {
  const answers = new WeakMap<object, (chunk: unknown) => void>()
  const on = (name: string, note: (message: UndiciMessage) => void) =>
    subscribe(`undici:request:${name}`, (message) => note(message as UndiciMessage))
  on('create', ({ request: { headers } }) => {
    noteHeaders(record, pairsOf(typeof headers === 'string' ? headers.split(/: |\r\n/) : headers))
  })
  on('bodyChunkSent', ({ chunk }) => noteBody(record, chunk))
  on('headers', ({ request, response: { statusCode, headers } }) => {
    const pairs = pairsOf(headers.map(String))
    noteHeaders(record, pairs)
    answers.set(request, noteAnswer(record, statusCode, pairs))
  })
  on('bodyChunkReceived', ({ request, chunk }) => answers.get(request)?.(chunk))
}

function pairsOf(flat: readonly unknown[]): Headers {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([String(flat[at]).toLowerCase(), String(flat[at + 1])])
  return pairs
}

const outputs = new WeakMap<TestRecord, (chunk: unknown) => void>()

/** An error or a page of metrics may show no secret; what is handed out elsewhere is one. */
function noteAnswer(record: TestRecord, status: number, headers: Headers): (chunk: unknown) => void {
  const isBland =
    status >= 400 || headers.some(([name, value]) => name === 'content-type' && value.includes('version=0.0.4'))
  if (!isBland) return (chunk) => noteBody(record, chunk)
  const output = outputs.get(record) ?? record.output('answers')
  outputs.set(record, output)
  output(`\n${status} ${JSON.stringify(headers)}\n`)
  return output
}

function noteHeaders(record: TestRecord, headers: Headers): void {
  for (const [name, value] of headers) {
    if (/^(?:proxy-)?authorization$/.test(name)) noteAuthorization(record, value)
    else if (/api-?key/.test(name)) record.secret(`header ${name}`, value)
    else if (name === 'cookie' || name === 'set-cookie') noteCookies(record, value)
  }
}

function noteAuthorization(record: TestRecord, value: string): void {
  const [scheme = '', ...rest] = value.split(' ')
  const credentials = rest.join(' ')
  noteToken(record, 'credentials', credentials)
  if (!/^basic$/i.test(scheme)) return
  const text = Buffer.from(credentials, 'base64').toString()
  record.secret('password of Basic', text.slice(text.indexOf(':') + 1))
}

function noteCookies(record: TestRecord, value: string): void {
  for (const [, session = ''] of value.matchAll(/__Host-session=([^;\s]+)/g)) record.secret('session cookie', session)
}

/** The signature of a JWT alone is worth as much, and says more of where it stands. */
function noteToken(record: TestRecord, kind: string, token: string): void {
  const parts = token.split('.')
  if (parts.length === 3) record.secret(`signature of ${kind}`, parts[2] ?? '')
  else record.secret(kind, token)
}

const member = /"([\w-]*(?:password|token|secret|current|new|api_?key))"\s*:\s*("(?:[^"\\]|\\.)+")/gi
const field = /(?:^|&)([\w-]*(?:password|token|secret))=([^&\s]+)/gi

/** Members of JSON and fields of forms whose names say that they are secret. */
function noteBody(record: TestRecord, chunk: unknown): void {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
  const text = Buffer.from(chunk).toString()
  for (const [, name = '', value = ''] of text.matchAll(member)) noteToken(record, `member ${name}`, parse(value))
  for (const [, name = '', value = ''] of text.matchAll(field))
    noteToken(record, `field ${name}`, new URLSearchParams(`a=${value}`).get('a') ?? '')
}

function parse(text: string): string {
  try {
    return JSON.parse(text)
  } catch {
    return ''
  }
}
