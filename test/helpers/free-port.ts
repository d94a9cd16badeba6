/** A port that nothing listens on. */

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Whoever was given one may not listen yet. */
const given = new Set<number>()

/** Below those that the system gives to connections: one of them might take it before whoever asked does, or while it restarts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = randomInt(10_000, 32_768)
  const isFree = once(server.listen(port, '127.0.0.1'), 'listening').then(
    () => true,
    () => false,
  )
  if (!(await isFree)) return freePort()
  await new Promise((resolve) => server.close(resolve))
  if (given.has(port)) return freePort()
  given.add(port)
  return port
}
