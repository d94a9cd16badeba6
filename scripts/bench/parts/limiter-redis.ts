/** The limiter through Redis: how many decisions one node makes in a second, and what one costs the node and Redis. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { judge } from '../goals.ts'
import { freePort, here } from '../peer.ts'
import { median } from '../statistics.ts'
import type { Round } from './limiter-redis-node.ts'
import { boundedPart, duration, type Part } from './part.ts'

const algorithms = ['token-bucket', 'sliding-window'] as const

export async function measureRedisLimiter(folder: string, isQuick: boolean): Promise<readonly Part[]> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const redis = spawn('redis-server', args, { stdio: 'ignore' })
  const isThere = await once(redis, 'spawn').then(
    () => true,
    () => false,
  )
  if (!isThere) return [{ part: 'the limiter through Redis', figure: 'not measured: there is no `redis-server`' }]
  try {
    const parts: Part[] = []
    for (const algorithm of algorithms) parts.push(...(await partsOf(algorithm, { port, redis, isQuick })))
    return parts
  } finally {
    redis.kill('SIGTERM')
    await once(redis, 'exit')
  }
}

interface Place {
  readonly port: number
  readonly redis: ChildProcess
  readonly isQuick: boolean
}

async function partsOf(algorithm: string, { port, redis, isQuick }: Place): Promise<readonly Part[]> {
  const args = [here('parts/limiter-redis-node.ts'), algorithm, `${port}`, `${redis.pid}`, isQuick ? '1' : '5']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const rounds: readonly Round[] = JSON.parse(stdout)
  const middle = (figure: keyof Round) => median(rounds.map((round) => round[figure]))
  const name = `${algorithm} through Redis, 64 at once`
  const rate = judge(`${name}, decisions`, middle('rate'), { least: 65_000, digits: 0, unit: ' /s' })
  return [
    { part: rate.goal, figure: rate.got, verdict: rate },
    boundedPart(`${name}, CPU of the node for one`, { got: middle('node') / 1000, most: 6, unit: 'µs', digits: 1 }),
    { part: `${name}, CPU of Redis for one`, figure: duration(middle('redis')) },
  ]
}
