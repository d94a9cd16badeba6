/** The memory limiter under a million keys: what they take, and how long it ever keeps a request waiting. */

import { spawnSync } from 'node:child_process'
import { here } from '../peer.ts'
import { boundedPart, duration, type Part } from './part.ts'

interface Measured {
  readonly megabytes: number
  /** Milliseconds of the longest take. */
  readonly stall: number
  readonly nanoseconds: number
  readonly timers: number
}

/** Each algorithm in a process of its own, with the garbage collected before and after. */
export const measureLimiter = (): readonly Part[] => ['token-bucket', 'sliding-window'].flatMap(measure)

function measure(algorithm: string): readonly Part[] {
  const args = ['--expose-gc', here('parts/limiter-keys.ts'), algorithm]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const { megabytes, stall, nanoseconds, timers }: Measured = JSON.parse(stdout)
  return [
    { part: `${algorithm}, a take of a new key among a million`, figure: duration(nanoseconds) },
    boundedPart(`${algorithm}, memory of a million keys`, { got: megabytes, most: 120, unit: 'MB' }),
    boundedPart(`${algorithm}, the longest take of a million`, { got: stall, most: 10, unit: 'ms', digits: 1 }),
    boundedPart(`${algorithm}, timers of a million keys`, { got: timers, most: 0, unit: 'timers' }),
  ]
}
