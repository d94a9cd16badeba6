/** The Koa app that only enforces: what Koa does around middleware that may leave an answer undone is left out. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import Koa, { type Context } from 'koa'

/** Answers one request, whatever happens; a promise that it returns never rejects. */
type Enforce = (ctx: Context) => Promise<void> | undefined

const answered = Promise.resolve()

export class EnforcingKoa extends Koa {
  readonly #enforce: Enforce

  constructor(enforce: Enforce) {
    super()
    this.#enforce = enforce
    this.silent = true
    this.use(enforce)
  }

  /** Koa's own would listen to every response and await every answer (measured: a twentieth of a request). */
  override callback(): ReturnType<Koa['callback']> {
    const handle = (req: IncomingMessage, res: ServerResponse) => {
      res.statusCode = 404
      return this.#enforce(this.createContext(req, res)) ?? answered
    }
    return handle as ReturnType<Koa['callback']>
  }
}
