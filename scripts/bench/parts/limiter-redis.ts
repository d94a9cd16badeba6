/** The limiter through Redis: how many decisions one node makes in a second, and what one costs the node and Redis. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { judge } from '../goals.ts'
import { here } from '../peer.ts'
import type { BenchRedis } from '../redis.ts'
import { median } from '../statistics.ts'
import type { Round } from './limiter-redis-node.ts'
import { boundedPart, duration, type Part } from './part.ts'

const algorithms = ['token-bucket', 'sliding-window'] as const

export async function measureRedisLimiter(redis: BenchRedis, isQuick: boolean): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const algorithm of algorithms) parts.push(...(await partsOf(algorithm, redis, isQuick)))
  return parts
}

async function partsOf(algorithm: string, { port, pid }: BenchRedis, isQuick: boolean): Promise<readonly Part[]> {
  const args = [here('parts/limiter-redis-node.ts'), algorithm, `${port}`, `${pid}`, isQuick ? '1' : '5']
  const { stdout } = await promisify(execFile)('taskset', ['-c', '0', process.execPath, ...args])
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
