/** Fetches a JWK set (RFC 7517 §5) once: bounded in time and size, and from the very URL that the policy names. */

import { isUtf8 } from 'node:buffer'
import { fieldLine } from '../../core/field.ts'
import { JsonFault, parseJson } from '../../core/json.ts'
import { askOnce } from '../upstreams/ask-once.ts'
import type { JwksPlace } from './jwks-place.ts'

interface FetchOptions {
  readonly signal: AbortSignal
  /** Milliseconds for the whole answer; 5 seconds unless told. */
  readonly timeout?: number
}

export interface FetchedJwks {
  readonly keys: readonly unknown[]
  /** Milliseconds that the set may be used before it is asked for again. */
  readonly freshFor: number
}

const maxBytes = 262_144
const maxKeys = 100
const minute = 60_000

const accept = fieldLine('Accept', 'application/jwk-set+json, application/json')

/** The set, or an error whose message ends the sentence "the keys could not be fetched: …". */
export async function fetchJwks(
  { url, ...tls }: JwksPlace,
  { signal, timeout = 5_000 }: FetchOptions,
): Promise<FetchedJwks> {
  const { origin, pathname, search } = new URL(url)
  const late = AbortSignal.timeout(timeout)
  try {
    const { fields, body } = await askOnce(
      { origin, ...tls },
      { method: 'GET', path: `${pathname}${search}`, lines: accept, body: undefined },
      { signal: AbortSignal.any([signal, late]), expects: (status) => status === 200, maxBytes },
    )
    return { keys: readKeys(textOf(body)), freshFor: readLifetime(fieldOf(fields, 'cache-control')) }
  } catch (error) {
    if (late.aborted) throw new Error(`no answer within ${timeout} ms`, { cause: error })
    throw error
  }
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('the answer is not UTF-8')
  return bytes.toString('utf8')
}

/** Of a field that comes more than once all values, as a list (RFC 9110 §5.3). */
const fieldOf = (fields: readonly string[], name: string): string =>
  fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name).join(', ')

function readKeys(text: string): readonly unknown[] {
  const parsed = parseJson(text)
  const keys = parsed instanceof JsonFault ? undefined : (parsed.value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('the answer is not a JWK set')
  if (keys.length > maxKeys) throw new Error(`the set has more than ${maxKeys} keys`)
  return keys
}

/** `max-age` within a minute and a day; ten minutes where nothing is said. */
function readLifetime(header: string): number {
  const directives = header.toLowerCase()
  if (/\bno-(store|cache)\b/.test(directives)) return minute
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(directives)?.[1]
  return seconds === undefined ? 10 * minute : Math.min(Math.max(Number(seconds) * 1000, minute), 1440 * minute)
}
