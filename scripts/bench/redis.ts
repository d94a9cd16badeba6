/** A Redis for the bench, in memory alone, on the core of those who call. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from './peer.ts'

export interface BenchRedis {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** `folder` is where it would write. */
export async function startRedis(folder: string): Promise<BenchRedis> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const child = spawn('taskset', ['-c', '1', 'redis-server', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  await untilReady(child)
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      process.off('exit', end)
      end()
      await once(child, 'exit')
    },
  }
}

async function untilReady({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) return
  for await (const line of createInterface(stdout)) {
    if (!line.includes('Ready to accept connections')) continue
    stdout.resume()
    return
  }
  throw new Error('redis-server did not start')
}
