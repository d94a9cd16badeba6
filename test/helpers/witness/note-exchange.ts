/** Takes down the answers that may give nothing away, and the credentials of the requests and answers of a test. */

import type { TestRecord } from './record.ts'

export type Headers = readonly (readonly [name: string, value: string])[]

/** Of names and values in turn. */
export function pairsOf(flat: readonly unknown[]): Headers {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([String(flat[at]).toLowerCase(), String(flat[at + 1])])
  return pairs
}

const outputs = new WeakMap<TestRecord, (chunk: unknown) => void>()

/** An error or a page of metrics may show no secret; what is handed out elsewhere is one. */
export function noteAnswer(record: TestRecord, status: number, headers: Headers): (chunk: unknown) => void {
  const isBland =
    status >= 400 || headers.some(([name, value]) => name === 'content-type' && value.includes('version=0.0.4'))
  if (!isBland) return (chunk) => noteBody(record, chunk)
  const output = answersOf(record)
  output(`\n${status} ${JSON.stringify(headers)}\n`)
  return output
}

/** Where what may show no secret is written. */
export function answersOf(record: TestRecord): (chunk: unknown) => void {
  const output = outputs.get(record) ?? record.output('answers')
  outputs.set(record, output)
  return output
}

export function noteHeaders(record: TestRecord, headers: Headers): void {
  for (const [name, value] of headers) {
    if (/^(?:proxy-)?authorization$/.test(name)) noteAuthorization(record, value)
    else if (/api-?key/.test(name)) record.secret(`header ${name}`, value)
    else if (name === 'cookie' || name === 'set-cookie') noteCookies(record, value)
  }
}

/** Where no scheme stands (RFC 9110 §11.1), what follows is no credential: fuzzing runs lines into one another. */
const schemeName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function noteAuthorization(record: TestRecord, value: string): void {
  const [scheme = '', ...rest] = value.split(' ')
  if (!schemeName.test(scheme)) return
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
export function noteBody(record: TestRecord, chunk: unknown): void {
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
