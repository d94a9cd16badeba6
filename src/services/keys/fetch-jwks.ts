/** Fetches a JWK set (RFC 7517 §5) once: bounded in time and size, and from the very URL that the policy names. */

import { isUtf8 } from 'node:buffer'
import { Client, type Dispatcher } from 'undici'
import { JsonFault, parseJson } from '../../core/json.ts'
import { outgoingOptions } from '../tls/outgoing.ts'
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

/**
 * The set, or an error whose message ends the sentence "the keys could not be fetched: …". Redirects are not followed. A
 * connection a fetch: between two of them nothing can go stale.
 */
export async function fetchJwks(
  { url, ...tls }: JwksPlace,
  { signal, timeout = 5_000 }: FetchOptions,
): Promise<FetchedJwks> {
  const { origin, pathname, search } = new URL(url)
  const client = new Client(origin, { connect: outgoingOptions(tls), allowH2: false })
  const late = AbortSignal.timeout(timeout)
  try {
    const answer = await client.request({
      method: 'GET',
      path: `${pathname}${search}`,
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.any([signal, late]),
    })
    return { keys: readKeys(await readText(answer)), freshFor: readLifetime(answer.headers['cache-control']) }
  } catch (error) {
    if (late.aborted) throw new Error(`no answer within ${timeout} ms`, { cause: error })
    throw error
  } finally {
    await client.destroy()
  }
}

async function readText({ statusCode, body }: Dispatcher.ResponseData): Promise<string> {
  if (statusCode !== 200) {
    body.on('error', () => {}).destroy()
    throw new Error(`the answer was ${statusCode}`)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks, size)
  if (!isUtf8(bytes)) throw new Error('the answer is not UTF-8')
  return bytes.toString('utf8')
}

function readKeys(text: string): readonly unknown[] {
  const parsed = parseJson(text)
  const keys = parsed instanceof JsonFault ? undefined : (parsed.value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('the answer is not a JWK set')
  if (keys.length > maxKeys) throw new Error(`the set has more than ${maxKeys} keys`)
  return keys
}

/** `max-age` within a minute and a day; ten minutes where nothing is said. */
function readLifetime(header: string | string[] | undefined): number {
  const directives = String(header ?? '').toLowerCase()
  if (/\bno-(store|cache)\b/.test(directives)) return minute
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(directives)?.[1]
  return seconds === undefined ? 10 * minute : Math.min(Math.max(Number(seconds) * 1000, minute), 1440 * minute)
}
