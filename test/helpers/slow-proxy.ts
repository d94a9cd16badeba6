/** A TCP proxy that can be made slow, deaf or broken while connections pass through it. */

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

export interface SlowProxy {
  readonly port: number
  /** Milliseconds that each answer is held back. */
  delay: number
  /** Takes connections and what is sent, and answers nothing: whatever is behind it hears nothing either. */
  isDeaf: boolean
  /** How many connections it has taken so far. */
  readonly taken: number
  /** How many are open. */
  readonly open: number
  /** Bytes that came from clients. */
  readonly received: number
  /** Resets every connection. */
  reset(): void
}

export async function startProxy(t: ExecutionContext, target: number): Promise<SlowProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  const state = { delay: 0, isDeaf: false, taken: 0, received: 0 }
  const server = createServer((client) => {
    state.taken++
    const behind = connect(target, '127.0.0.1')
    const pair = [client, behind] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end).setNoDelay(true)
    client.on('data', (bytes) => {
      state.received += bytes.length
      if (!state.isDeaf) behind.write(bytes)
    })
    behind.on('data', (bytes) => {
      if (state.isDeaf) return
      if (state.delay === 0) client.write(bytes)
      else setTimeout(() => client.destroyed || client.write(bytes), state.delay)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reset = () => {
    for (const [client] of pairs) client.resetAndDestroy()
  }
  t.teardown(async () => {
    reset()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as { port: number }
  return Object.defineProperties(state, {
    port: { value: port },
    open: { get: () => pairs.size },
    reset: { value: reset },
  }) as unknown as SlowProxy
}
