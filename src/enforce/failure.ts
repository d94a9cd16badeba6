/** What the app behind the gate threw: told to Koa, and read as an answer. */

import { inspect } from 'node:util'
import type { Context } from 'koa'
import { Denial, deny } from '../core/denial.ts'
import { STATUS_CODES } from '../core/node-http.ts'
import { answerInWords, readThrown } from '../handlers/context-answer.ts'
import type { Result } from './run.ts'

const internalError = deny('internal_error')

export class Failure {
  readonly #error: Error | Denial

  /** Anything can be thrown. */
  constructor(thrown: unknown) {
    this.#error = asError(thrown)
  }

  /** Tells the app of it, as Koa would if it had reached Koa; its listeners decide what is logged. A denial is no error. */
  report(ctx: Context): void {
    const error = this.#error
    if (error instanceof Denial) return
    // It may be frozen.
    if (ctx.headerSent || !ctx.writable) Reflect.set(error, 'headerSent', true)
    if (ctx.app.listenerCount('error') > 0) ctx.app.emit('error', error, ctx)
  }

  /** As `ctx.throw` and `deny` say it; of any other error Koa heeds the status, and tells the client no more than that. */
  read(ctx: Context): Result {
    try {
      return readThrown(this.#error, ctx)
    } catch {
      return readStatus(this.#error as StatedError)
    }
  }
}

function asError(thrown: unknown): Error | Denial {
  try {
    if (thrown instanceof Error || thrown instanceof Denial) return thrown
    return new Error(`non-error thrown: ${inspect(thrown)}`)
  } catch {
    return new Error('something was thrown that cannot be looked at')
  }
}

/** What Koa reads of an error; body parsers say `status`, and what `ctx.throw` makes says whether it may be read. */
interface StatedError extends Error {
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly expose?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

function readStatus({ status: said, statusCode, expose, headers }: StatedError): Result {
  const status = said ?? statusCode
  if (typeof status !== 'number' || status < 400 || status === 500) return internalError
  const message = STATUS_CODES[status]
  if (message === undefined) return internalError
  // Those of other errors are often what somebody else's server answered.
  return answerInWords({ status, headers: typeof expose === 'boolean' ? headers : undefined }, message)
}
