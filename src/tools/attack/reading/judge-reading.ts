/** Whether answers hold what the roles that they went to may not read; an answer that holds no such thing proves it only where another one does. */

import { isRefusedBy } from '../judge.ts'
import type { Answer, Reader, Untried } from '../probe.ts'
import type { Finding } from '../run.ts'
import { pointerTo } from './surplus.ts'

/** What one reader was answered; a text where there was no answer. */
export interface Read {
  readonly reader: Reader
  readonly answer: Answer | string
}

export interface Judgement {
  readonly findings: readonly Finding[]
  readonly untried: readonly Untried[]
  /** Those who were kept from what others were answered. */
  readonly sound: readonly Reader[]
}

/** A document of an answer, and where it stands. */
interface Found {
  readonly pointer: string
  readonly document: unknown
}

type Seen = readonly Found[] | { readonly wrong: string } | { readonly unseen: string }

export function judgeReading(at: readonly string[], reads: readonly Read[]): Judgement {
  const seen = reads.map(({ reader, answer }) => ({ reader, seen: look(answer, at) }))
  const all = seen.flatMap(({ seen: found }) => ('length' in found ? found : []))
  const results = seen.map(({ reader, seen: found }) => ({ reader, result: judge(reader, found, all) }))
  return {
    findings: results.flatMap(({ reader: { probe }, result }) =>
      'wrong' in result ? [{ probe, message: result.wrong }] : [],
    ),
    untried: results.flatMap(({ reader: { probe }, result }) =>
      'unseen' in result ? [{ guard: probe.guard, route: probe.route, why: result.unseen }] : [],
    ),
    sound: results.flatMap(({ reader, result }) => ('isSound' in result && result.isSound ? [reader] : [])),
  }
}

type Result = { readonly wrong: string } | { readonly unseen: string } | { readonly isSound: boolean }

/** Nothing is to be said of a reader who may read everything. */
function judge(reader: Reader, seen: Seen, all: readonly Found[]): Result {
  if ('wrong' in seen) return seen
  if (!reader.isBound) return { isSound: false }
  if ('unseen' in seen) return seen
  const surplus = seen.flatMap(({ pointer, document }) => reader.surplus(document).map((inside) => pointer + inside))
  if (surplus.length > 0) return { wrong: `expected ${list(surplus)} to be left out, it was answered` }
  const isProven = all.some(({ document }) => reader.surplus(document).length > 0)
  return isProven ? { isSound: true } : { unseen: `no answer held what \`${reader.role}\` may not read` }
}

const mostShown = 3

function list(pointers: readonly string[]): string {
  const shown = pointers
    .slice(0, mostShown)
    .map((pointer) => (pointer === '' ? 'the document' : `\`${pointer.slice(0, 120)}\``))
  const more = pointers.length - shown.length
  return new Intl.ListFormat('en-GB').format(more > 0 ? [...shown, `${more} more`] : shown)
}

/** What cannot be cut does not go out; what is refused holds nothing. */
function look(answer: Answer | string, at: readonly string[]): Seen {
  if (typeof answer === 'string') return { wrong: answer }
  const { status, body, isWhole } = answer
  if (isRefusedBy(['forbidden', 'not_found'], answer) || (status < 300 && body === '')) return []
  if (status >= 300) return { unseen: `it was answered ${status}, which holds no document` }
  if (!isWhole) return { unseen: 'the answer is longer than what is read of it' }
  const found = /json/i.test(answer.headers['content-type'] ?? '') ? find(parse(body), at) : undefined
  if (found === undefined) return { wrong: `expected 502 \`upstream_failed\`, ${status} came with what cannot be cut` }
  const pointer = pointerTo(at)
  if (!Array.isArray(found)) return [{ pointer, document: found }]
  return found.map((document: unknown, index) => ({ pointer: `${pointer}/${index}`, document }))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function find(value: unknown, at: readonly string[]): unknown {
  const [name, ...rest] = at
  if (name === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return find((value as Readonly<Record<string, unknown>>)[name], rest)
}
