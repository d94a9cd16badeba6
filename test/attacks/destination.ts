/** A destination that remembers what reached it, byte for byte, and sends the body back. */

import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as the destination got it. */
export interface Arrived {
  readonly method: string
  /** The target: path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Destination {
  readonly url: string
  /** Whole requests, in the order in which they ended. */
  readonly arrived: Arrived[]
  /** Open connections, counted by the system. */
  connections(): Promise<number>
  close(): void
}

/** Listens on a free port; `answer` takes the place of the echo. */
export async function openDestination(answer?: RequestListener): Promise<Destination> {
  const arrived: Arrived[] = []
  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 }, answer ?? echoInto(arrived))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    connections: () => new Promise((counted) => server.getConnections((_, count) => counted(count))),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Answers 200 with the very bytes that came, and says by a header that it was the destination who did. */
const echoInto =
  (arrived: Arrived[]): RequestListener =>
  (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk) => chunks.push(chunk))
    req.on('error', () => {})
    req.once('end', () => {
      const body = Buffer.concat(chunks)
      arrived.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body })
      res.writeHead(200, { 'X-Destination': 'reached', 'Content-Length': body.length })
      res.end(body)
    })
  }
