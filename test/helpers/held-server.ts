/** An upstream that answers when the test says so, and knows how many requests it had at the same time. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { until } from './until.ts'

interface Held {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

export class HeldServer {
  /** Those that wait for an answer, in the order in which they came. */
  readonly held: Held[] = []
  /** The targets of all that came. */
  readonly seen: string[] = []
  now = 0
  most = 0
  url = ''
  /** Milliseconds after which it answers by itself; until the test says so unless set. */
  delay: number | undefined

  /** Listens on a free port until the test is over. */
  static async start(t: ExecutionContext): Promise<HeldServer> {
    const held = new HeldServer()
    const server = createServer((req, res) => held.#meet({ req, res }))
    server.listen(0, '127.0.0.1')
    await new Promise((listening) => server.once('listening', listening))
    held.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    return held
  }

  /** Answers the one that has waited longest, once there is one. */
  async answer(body = 'done'): Promise<void> {
    await until(() => this.held.length > 0)
    const next = this.held.shift()
    next?.req.pipe(next.res, { end: false }).once('unpipe', () => next.res.end(body))
  }

  #meet(held: Held): void {
    this.seen.push(held.req.url ?? '')
    this.held.push(held)
    this.most = Math.max(this.most, ++this.now)
    held.res.once('close', () => {
      this.now--
      if (this.held.includes(held)) this.held.splice(this.held.indexOf(held), 1)
    })
    if (this.delay !== undefined) setTimeout(() => this.held.includes(held) && this.answer(), this.delay)
  }
}
