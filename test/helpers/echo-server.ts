/** A listening server whose app answers with what hygiene read of the request. */

import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { compileRanges } from '../../src/core/address.ts'
import { headerSet } from '../../src/core/answer.ts'
import { readFacts } from '../../src/enforce/hygiene.ts'
import { type Listening, type ListenOptions, listen } from '../../src/server/listen.ts'

export const limits = { body: 1024, headers: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, connections: 100 }
const api = headerSet({ 'X-Content-Type-Options': 'nosniff' })

/** An app that echoes facts, or the denial's message. */
export function echoApp(trustedProxies: readonly string[] = []): Koa {
  const trust = { isTrustedProxy: compileRanges(trustedProxies), requestId: () => 'made' }
  return new Koa().use((ctx) => {
    const { facts, denial } = readFacts(ctx.req, trust)
    const body = JSON.stringify(denial ? { code: denial.code, message: denial.message, facts } : facts)
    ctx.respond = false
    ctx.res.writeHead(denial?.status ?? 200, ['Content-Length', String(body.length), ...(denial?.headers ?? [])])
    ctx.res.end(body)
  })
}

/** An app that answers with the length of the body, once it has read it. */
export function bodyApp(): Koa {
  const app = new Koa().use(async (ctx) => {
    let size = 0
    for await (const chunk of ctx.req) size += chunk.length
    ctx.body = String(size)
  })
  app.silent = true
  return app
}

const silent = { info() {}, warn() {}, error() {}, debug() {} }

/** Listens on a free port until the test is over. */
export async function startServer(
  t: ExecutionContext,
  app: Koa,
  options: Partial<ListenOptions> = {},
): Promise<Listening> {
  const server = await listen(app.callback(), {
    host: '127.0.0.1',
    port: 0,
    limits,
    world: { log: silent, randomId: () => 'made' },
    bareHead: (_exchange, head) => void head.defaults.push(api),
    ...options,
  })
  t.teardown(() => server.close(0))
  return server
}
