/** One request on a connection of its own: for servers that are asked now and then, so that nothing can go stale between. */

import { systemClock } from '../clock.ts'
import { ConnectionPool } from './pool.ts'
import type { Target, UpstreamRequest } from './upstreams.ts'

interface Asked {
  readonly signal: AbortSignal
  /** Another status is an error, whatever its body says; so is a redirect that is not expected: none is followed. */
  expects(status: number): boolean
  /** A longer body is an error; none is waited for unless told. */
  readonly maxBytes?: number
}

export interface WholeAnswer {
  /** Name (in lower case), value, name, value. */
  readonly fields: readonly string[]
  readonly body: Buffer
}

/** The answer, or an error whose message says why there is none. */
export async function askOnce(target: Target, request: UpstreamRequest, asked: Asked): Promise<WholeAnswer> {
  const { signal } = asked
  signal.throwIfAborted()
  const pool = new ConnectionPool(target, systemClock)
  const end = () => pool.close(signal.reason)
  signal.addEventListener('abort', end)
  try {
    return await read(pool, request, asked)
  } finally {
    signal.removeEventListener('abort', end)
    pool.close()
  }
}

function read(pool: ConnectionPool, request: UpstreamRequest, { expects, maxBytes }: Asked): Promise<WholeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>()
  const chunks: Buffer[] = []
  let size = 0
  let head: readonly string[] = []
  const settle = () => resolve({ fields: head, body: Buffer.concat(chunks, size) })
  pool.call(request, {
    begun(status, fields) {
      head = fields
      if (!expects(status)) reject(new Error(`the answer was ${status}`))
      else if (maxBytes === undefined) settle()
    },
    received(chunk) {
      size += chunk.length
      if (size <= (maxBytes ?? 0)) chunks.push(chunk)
      else reject(new Error(`the answer is larger than ${maxBytes} bytes`))
    },
    ended: settle,
    failed: reject,
  })
  return promise
}
