/** A gate that lets anything through to an upstream, and what it took for a request, in order. */

import type { Exchange } from '../../../src/core/exchange.ts'
import type { Observer } from '../../../src/core/observer.ts'
import { type Gate, openGate } from '../../helpers/gate.ts'

/** One request as the gate decided on it. */
export interface Decided {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly host: string
  /** Of the answer; none as long as it runs. */
  status?: number
}

export interface DecidingGate extends Gate {
  readonly decided: Decided[]
  /** What came over the connection from this port of the client; forgotten with the call. */
  decidedOver(port: number): readonly Decided[]
}

const policy = (upstream: string) => `
settings: { limits: { headersTimeout: 5s, requestTimeout: 5s }, trustedProxies: [127.0.0.1] }
service: a
upstream: ${upstream}
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000000, per: 1m }] }
routes:
  ANY /*rest: { input: { query: any, body: any, maxBytes: 100kb } }
`

export async function openDecidingGate(upstream: string): Promise<DecidingGate> {
  const decided: Decided[] = []
  const byPort = new Map<number, Decided[]>()
  const running = new Map<Exchange, Decided>()
  const observer: Observer = {
    started(exchange) {
      const { requestId: id, method, path, query, host } = exchange
      const one: Decided = { id, method, path, query, host }
      const port = exchange.ctx.req.socket.remotePort ?? 0
      byPort.set(port, [...(byPort.get(port) ?? []), one])
      running.set(exchange, one)
      decided.push(one)
    },
    finished(exchange, { status }) {
      Object.assign(running.get(exchange) ?? {}, { status })
      running.delete(exchange)
    },
  }
  const gate = await openGate({ 'a.yaml': policy(upstream) }, { observers: [observer] })
  const decidedOver = (port: number) => {
    const over = byPort.get(port) ?? []
    byPort.delete(port)
    return over
  }
  return { ...gate, decided, decidedOver }
}
