/** Clients as they are in earnest: they keep connections, ask on and on, and go when the server says so. */

import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import { Pool } from 'undici'
import { RawClient } from './raw.ts'

/** Asks once; the status. */
export type Call = (path: string) => Promise<number>

export interface Client {
  readonly call: Call
  close(): void
}

/** Undici's, with a connection for each of the callers. */
export function pooled(url: string, connections: number): Client {
  const pool = new Pool(url, { connections })
  return {
    async call(path) {
      const { statusCode, body } = await pool.request({ method: 'GET', path })
      await body.text()
      return statusCode
    },
    close: () => void pool.destroy(),
  }
}

/** Node's own, with connections that are kept, or one for each request. */
export function withAgent(url: string, keepAlive: boolean): Client {
  const agent = new Agent({ keepAlive })
  return {
    call: (path) => statusOf(get(new URL(path, url), { agent })),
    close: () => agent.destroy(),
  }
}

function statusOf(request: ClientRequest): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  request.on('error', reject).on('response', (response: IncomingMessage) => {
    response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0))
    response.resume()
  })
  return promise
}

/** Asks over one connection until the server says that it closes it, and tells of each answer. Throws where one is not good. */
export async function askUntilTold(port: number, path: string, answered: () => void): Promise<void> {
  const client = await RawClient.connect(port)
  for (;;) {
    const { status, headers } = await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).answer()
    if (status !== 200) throw new Error(`the answer was ${status}`)
    answered()
    if (headers.get('connection') === 'close') return
  }
}
