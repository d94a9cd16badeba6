/**
 * A response that keeps what handlers set on it to itself: Node writes a flat head at once only where its own store was
 * never touched, and otherwise name by name (measured: a tenth of a request).
 */

import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Value = OutgoingHttpHeader | readonly string[]
interface Field {
  readonly name: string
  readonly value: Value
}

export class GateResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  /** By lower-case name; made by the first who sets one. */
  #fields: Map<string, Field> | undefined

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
