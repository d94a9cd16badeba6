/** One call of an upstream: its head becomes an answer, its body flows at the client's pace. */

import { Readable } from 'node:stream'
import type { Answer } from '../../core/answer.ts'
import type { Denial } from '../../core/denial.ts'
import { atEndOfTurn } from '../../core/end-of-turn.ts'
import type { AnswerReceiver, Calls, UpstreamCall, UpstreamRequest } from '../../services/upstreams/upstreams.ts'
import { readAnswerHead } from './answer-head.ts'
import { readFailure } from './failure.ts'

/** Costs half of `queueMicrotask`, whose callbacks are resources of their own to Node. */
const nextMicrotask = Promise.resolve()

const gone = new Error('the exchange is over')

interface CallOptions {
  /** It may be sent again, once, where a kept connection closed before it. */
  readonly retriable: boolean
  /** Cookies that the upstream cannot set. */
  readonly cookies: readonly string[]
  /** Bytes of a body that is a stream, where they are known by the time it is sent: not every server reads chunks. */
  readonly lengthOfBody: () => number | undefined
}

/**
 * Calls of a turn of the event loop are sent right behind one another: an upstream near by is woken once and not for each. An
 * answer that has come whole by the time its head is looked at goes on as one buffer: a stream costs several times as much.
 */
export class AnsweredCall implements AnswerReceiver {
  /** Settles once, and never rejects. */
  readonly answer: Promise<Answer | Denial>
  readonly #calls: Calls
  #request: UpstreamRequest
  #settle: (answer: Answer | Denial) => void = () => undefined
  #call: UpstreamCall | undefined
  #retriable: boolean
  readonly #cookies: readonly string[]
  #ended = false
  #cancelled = false
  #early: Buffer[] = []
  #body: Readable | undefined

  constructor(calls: Calls, request: UpstreamRequest, { retriable, cookies, lengthOfBody }: CallOptions) {
    this.#calls = calls
    this.#request = request
    this.#retriable = retriable
    this.#cookies = cookies
    this.answer = new Promise((settle) => {
      this.#settle = settle
    })
    atEndOfTurn(() => {
      if (this.#cancelled) return
      if (request.body instanceof Readable) this.#request = { ...request, length: lengthOfBody() }
      this.#send()
    })
  }

  /** Ends the call wherever it is; a call that is over already is left alone. */
  cancel(): void {
    if (this.#ended) return
    this.#cancelled = true
    this.#call?.abort(gone)
    this.#settle(readFailure(gone))
  }

  begun(status: number, fields: readonly string[]): void {
    void nextMicrotask.then(() => this.#answer(status, fields))
  }

  received(chunk: Buffer): void {
    if (this.#body === undefined) this.#early.push(chunk)
    else if (!this.#body.push(chunk)) this.#call?.pause()
  }

  ended(): void {
    this.#ended = true
    this.#body?.push(null)
  }

  failed(error: Error, stale: boolean): void {
    if (this.#body !== undefined) this.#body.destroy(error)
    else if (stale && this.#retriable && !this.#cancelled) this.#again()
    else this.#settle(readFailure(error))
  }

  #send(): void {
    this.#call = this.#calls.call(this.#request, this)
  }

  #again(): void {
    this.#retriable = false
    this.#request = { ...this.#request, fresh: true }
    this.#send()
  }

  #answer(status: number, fields: readonly string[]): void {
    if (!this.#ended) this.#body = this.#stream()
    const headers = readAnswerHead(status, fields, this.#cookies)
    this.#settle({ status, headers, body: this.#body ?? joined(this.#early) })
  }

  #stream(): Readable {
    const body = new Readable({
      read: () => this.#call?.resume(),
      destroy: (error, done) => {
        this.#call?.abort(error ?? gone)
        done(error)
      },
    })
    // Whoever pipes it listens too; where nobody does any more, its end must not end the process.
    body.on('error', () => undefined)
    for (const chunk of this.#early) body.push(chunk)
    return body
  }
}

function joined(chunks: readonly Buffer[]): Buffer | undefined {
  return chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]
}
