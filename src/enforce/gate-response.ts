/**
 * A response that lets nothing of a handler out by itself. What is set on it, it keeps: Node writes a flat head at once
 * only where its own store was never touched, and otherwise name by name (measured: a tenth of a request).
 */

import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import { atEndOfTurn } from '../core/end-of-turn.ts'
import { ServerResponse } from '../core/node-http.ts'

/** Not in its documentation; all that writes a head goes through it. */
const { _storeHeader: storeHeader } = ServerResponse.prototype as unknown as {
  _storeHeader(statusLine: string, headers: unknown): void
}

type Value = OutgoingHttpHeader | readonly string[]
interface Field {
  readonly name: string
  readonly value: Value
}

export class GateResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  /** By lower-case name; made by the first who sets one. */
  #fields: Map<string, Field> | undefined
  #isShut = false
  #lines = ''
  #trespass: Error | undefined

  /** From here on nothing is written, until it is opened. */
  shut(): void {
    this.#isShut = true
  }

  /**
   * Lets the answer be written, with these header lines, sound as they are, ahead of others; throws, once, where somebody
   * else tried to before.
   */
  open(lines: string): this {
    this.#isShut = false
    this.#lines = lines
    const trespass = this.#trespass
    this.#trespass = undefined
    if (trespass !== undefined) throw trespass
    return this
  }

  /**
   * Ends the response at the end of this turn of the event loop, so that the answers of a turn are written right behind one
   * another: a client on this machine is woken once and not for each (measured: a third of a request). Nobody else can
   * write, before or after.
   */
  endWithTurn(body: string | Uint8Array | undefined, encoding: BufferEncoding, ended: () => void): void {
    this.#isShut = true
    atEndOfTurn(() => {
      super.end(body, encoding)
      ended()
    })
  }

  /** Not thrown here: in the middle of a pipe nobody could catch it. */
  #refuse(): void {
    this.#trespass ??= new Error(
      'the response was written to directly: answer through `ctx.body`, `ctx.status` and `ctx.set`',
    )
  }

  override writeHead(status: number, reason?: unknown, headers?: unknown): this {
    if (!this.#isShut) return super.writeHead(status, reason as string, headers as OutgoingHttpHeader[])
    this.#refuse()
    return this
  }

  /** Node's own writer of the head, which checks each header anew: the compiled lines were checked once. */
  _storeHeader(statusLine: string, headers: unknown): void {
    storeHeader.call(this, statusLine + this.#lines, headers)
  }

  override flushHeaders(): void {
    if (this.#isShut) this.#refuse()
    else super.flushHeaders()
  }

  override write(chunk: unknown, encoding?: unknown, done?: (error: Error | null | undefined) => void): boolean {
    if (!this.#isShut) return super.write(chunk, encoding as BufferEncoding, done)
    this.#refuse()
    return false
  }

  override end(chunk?: unknown, encoding?: unknown, done?: () => void): this {
    if (!this.#isShut) return super.end(chunk, encoding as BufferEncoding, done)
    this.#refuse()
    return this
  }

  override setHeader(name: string, value: Value): this {
    if (this.headersSent) return super.setHeader(name, value)
    this.#fields ??= new Map()
    this.#fields.set(name.toLowerCase(), { name, value })
    return this
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name)
    return this.setHeader(name, before === undefined ? value : [before, value].flat().map(String))
  }

  override getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#fields?.get(name.toLowerCase())?.value as OutgoingHttpHeader | undefined
  }

  override getHeaders(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = Object.create(null)
    for (const [name, { value }] of this.#fields ?? []) headers[name] = value as OutgoingHttpHeader
    return headers
  }

  override getHeaderNames(): string[] {
    return [...(this.#fields?.keys() ?? [])]
  }

  override hasHeader(name: string): boolean {
    return this.#fields?.has(name.toLowerCase()) ?? false
  }

  override removeHeader(name: string): void {
    this.#fields?.delete(name.toLowerCase())
  }
}
