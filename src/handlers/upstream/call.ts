/** One call of an upstream: its head becomes an answer, its body flows at the client's pace. */

import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Answer } from '../../core/answer.ts'
import type { Denial } from '../../core/denial.ts'
import { atEndOfTurn } from '../../core/end-of-turn.ts'
import type { Calls } from '../../services/upstreams/upstreams.ts'
import { type Fields, readAnswerHead } from './answer-head.ts'
import { isStale, readFailure } from './failure.ts'

type Controller = Dispatcher.DispatchController
type Options = Dispatcher.DispatchOptions

const gone = new Error('the exchange is over')
const foreignCoding = new Error('the answer came in a transfer coding that was not asked for')

interface CallOptions {
  /** It may be sent again, once, where a kept connection closed before it. */
  readonly retriable: boolean
  /** Cookies that the upstream cannot set. */
  readonly cookies: readonly string[]
}

/**
 * The handler of one dispatch. Calls of a turn of the event loop are sent right behind one another: an upstream near by is
 * woken once and not for each. An answer that has come whole by the time its head is looked at goes on as one buffer: a
 * stream costs several times as much.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  /** Settles once, and never rejects. */
  readonly answer: Promise<Answer | Denial>
  readonly #dispatcher: Calls
  readonly #options: Options
  #settle: (answer: Answer | Denial) => void = () => undefined
  #controller: Controller | undefined
  #retriable: boolean
  readonly #cookies: readonly string[]
  /** A byte of the answer has come. */
  #begun = false
  #ended = false
  #cancelled = false
  #early: Buffer[] = []
  #body: Readable | undefined

  constructor(dispatcher: Calls, options: Options, { retriable, cookies }: CallOptions) {
    this.#dispatcher = dispatcher
    this.#options = options
    this.#retriable = retriable
    this.#cookies = cookies
    this.answer = new Promise((settle) => {
      this.#settle = settle
    })
    atEndOfTurn(() => {
      if (!this.#cancelled) dispatcher.dispatch(options, this)
    })
  }

  /** Ends the call wherever it is; a call that is over already is left alone. */
  cancel(): void {
    if (this.#ended) return
    this.#cancelled = true
    this.#controller?.abort(gone)
    this.#settle(readFailure(gone))
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#cancelled) controller.abort(gone)
  }

  onResponseStarted(): void {
    this.#begun = true
  }

  /** Runs for every head; those below 200 are news, not answers. */
  onResponseStart(controller: Controller, status: number, fields: Fields): void {
    if (status >= 200) queueMicrotask(() => this.#answer(controller, status, fields))
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#body === undefined) this.#early.push(chunk)
    else if (!this.#body.push(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#body?.push(null)
  }

  onResponseError(_: Controller | undefined, error: Error): void {
    if (this.#body !== undefined) this.#body.destroy(error)
    else if (this.#retriable && !this.#begun && !this.#cancelled && isStale(error)) this.#again()
    else this.#settle(readFailure(error))
  }

  #again(): void {
    this.#retriable = false
    this.#dispatcher.dispatch(this.#options, this)
  }

  #answer(controller: Controller, status: number, fields: Fields): void {
    if (hasForeignCoding(fields)) {
      controller.abort(foreignCoding)
      this.#settle(readFailure(foreignCoding))
      return
    }
    if (!this.#ended) this.#body = this.#stream(controller)
    const headers = readAnswerHead(status, fields, this.#cookies)
    this.#settle({ status, headers, body: this.#body ?? joined(this.#early) })
  }

  #stream(controller: Controller): Readable {
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        controller.abort(error ?? gone)
        done(error)
      },
    })
    // Whoever pipes it listens too; where nobody does any more, its end must not end the process.
    body.on('error', () => undefined)
    for (const chunk of this.#early) body.push(chunk)
    return body
  }
}

/** We asked for none (`TE`), so only `chunked` may come (RFC 9112 §7.4). */
const hasForeignCoding = (fields: Fields): boolean =>
  !/^chunked$/i.test(String(fields['transfer-encoding'] ?? 'chunked'))

function joined(chunks: readonly Buffer[]): Buffer | undefined {
  return chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]
}
