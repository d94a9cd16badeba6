/** Runs a header-setting Koa middleware once, at start-up, and keeps what it set: the result is written as it stands. */

import { Socket } from 'node:net'
import Koa, { type Middleware } from 'koa'
import { IncomingMessage, ServerResponse } from '../core/node-http.ts'

/** The request that the middleware sees. */
interface SampleRequest {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

const app = new Koa()

/** A response that goes nowhere, and keeps header names as they were written. */
class Recording extends ServerResponse {
  readonly #names = new Map<string, string>()

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.#names.set(name.toLowerCase(), name)
    return super.setHeader(name, value)
  }

  get headers(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.getHeaders())
    return Object.fromEntries(entries.map(([name, value]) => [this.#names.get(name) ?? name, String(value)]))
  }
}

/** The headers that a middleware sets for such a request: name as written → value. */
export async function recordHeaders(
  middleware: Middleware,
  sample: SampleRequest,
): Promise<Readonly<Record<string, string>>> {
  const req = new IncomingMessage(new Socket())
  req.method = sample.method
  req.url = '/'
  Object.assign(req.headers, sample.headers)
  const res = new Recording(req)
  await middleware(app.createContext(req, res), async () => {})
  return res.headers
}
