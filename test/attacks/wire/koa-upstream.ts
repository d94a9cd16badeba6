/** A Koa app as the destination: what it understood, request by request, and the bytes that it understood it from. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'

/** One request as Koa reads it; bytes are Latin-1. */
export interface Taken {
  readonly id: string
  readonly method: string
  readonly target: string
  readonly body: string
  readonly rawHeaders: readonly string[]
}

export interface KoaUpstream {
  readonly url: string
  /** In the order in which their bodies ended. */
  readonly taken: Taken[]
  /** All that came over each connection. */
  readonly streams: { bytes: string }[]
  close(): void
}

export async function openKoaUpstream(): Promise<KoaUpstream> {
  const taken: Taken[] = []
  const streams: { bytes: string }[] = []
  const app = new Koa()
  app.silent = true
  app.use(async (ctx) => {
    let body = ''
    for await (const chunk of ctx.req) body += chunk.toString('latin1')
    const { rawHeaders, url = '' } = ctx.req
    taken.push({ id: ctx.get('X-Request-Id'), method: ctx.method, target: url, body, rawHeaders })
    ctx.body = 'taken'
  })
  const server = createServer({ keepAliveTimeout: 60_000 }, app.callback())
  server.on('connection', (socket) => {
    const stream = { bytes: '' }
    streams.push(stream)
    socket.on('data', (chunk) => {
      stream.bytes += chunk.toString('latin1')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    streams,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
