/** Reads the answer that a handler left in Koa's context, and what it threw. */

import type { ServerResponse } from 'node:http'
import { Readable, Stream } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { Context } from 'koa'
import type { Answer } from '../core/answer.ts'
import { type Code, Denial, deny } from '../core/denial.ts'
import { isData } from './data.ts'

const notFound = deny('not_found')

/** The answer in `ctx`; a handler that set nothing found nothing, as in Koa. */
export function readAnswer(ctx: Context): Answer | Denial {
  const headers = takeHeaders(ctx.res)
  const { status } = ctx.response
  const body: unknown = ctx.response.body ?? undefined
  if (status === 404 && body === undefined) return notFound
  return { status, headers, body: readBody(body) }
}

/** Takes them off the response: the engine writes the whole head at once. */
function takeHeaders(res: ServerResponse): readonly string[] {
  const flat: string[] = []
  if (res.headersSent) return flat
  for (const name of res.getHeaderNames()) {
    const value = res.getHeader(name)
    if (Array.isArray(value)) for (const item of value) flat.push(name, item)
    else if (value !== undefined) flat.push(name, String(value))
    res.removeHeader(name)
  }
  return flat
}

/** The kinds of body that Koa knows (its `respond`). */
function readBody(body: unknown): Answer['body'] {
  if (body === undefined || typeof body === 'string') return body
  if (isData(body)) return JSON.stringify(body)
  if (Buffer.isBuffer(body) || body instanceof Readable) return body
  if (isOtherStream(body)) return hear(new Readable().wrap(body))
  if (body instanceof Response) return body.body === null ? undefined : fromWeb(body.body)
  if (body instanceof Blob) return fromWeb(body.stream())
  if (body instanceof ReadableStream) return fromWeb(body)
  return JSON.stringify(body)
}

/** A readable stream of before streams2, or of the `readable-stream` package. */
const isOtherStream = (body: unknown): body is Stream & NodeJS.ReadableStream =>
  body instanceof Stream && 'readable' in body && body.readable === true

/** It may fail before anyone reads it. */
const hear = (stream: Readable): Readable => stream.on('error', () => undefined)
const fromWeb = (stream: WebStream): Readable => hear(Readable.fromWeb(stream))

interface Stated {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What `ctx.throw` and `http-errors` make. */
interface HttpError extends Stated {
  readonly message: string
  readonly expose: boolean
}

const isExposed = (error: unknown): error is HttpError =>
  error instanceof Error &&
  'expose' in error &&
  error.expose === true &&
  'status' in error &&
  typeof error.status === 'number'

const codes: ReadonlyMap<number, Code> = new Map([
  [400, 'request_malformed'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'body_too_large'],
  [415, 'media_type_unsupported'],
  [422, 'input_invalid'],
])

/**
 * A thrown denial, or an HTTP error meant for the client: in the catalogue's form where it has that status, else with
 * its own message, as Koa does. Anything else is thrown again.
 */
export function readThrown(error: unknown, ctx: Context): Answer | Denial {
  takeHeaders(ctx.res)
  if (error instanceof Denial) return error
  if (!isExposed(error)) throw error
  return answerInWords(error, error.message)
}

/** The catalogue's form where it has that status, else a plain text. */
export function answerInWords({ status, headers: said = {} }: Stated, message: string): Answer | Denial {
  const headers = Object.entries(said).flat()
  const code = codes.get(status)
  if (code !== undefined) return deny(code, { message, headers })
  return { status, headers: ['Content-Type', 'text/plain; charset=utf-8', ...headers], body: message }
}
