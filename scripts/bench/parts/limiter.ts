/** The memory limiter under a million keys: what they take, and how long it ever keeps a request waiting. */

import { execFileSync } from 'node:child_process'
import { here } from '../peer.ts'
import { boundedPart, duration, type Part } from './part.ts'

interface Measured {
  readonly megabytes: number
  /** Milliseconds of the longest time from one take to the next. */
  readonly stall: number
  readonly nanoseconds: number
  readonly timers: number
}

const algorithms = ['token-bucket', 'sliding-window'] as const

export const measureLimiter = (isQuick: boolean): readonly Part[] =>
  algorithms.flatMap((algorithm) => partsOf(algorithm, isQuick ? 1 : 3))

/** Of the run with the shortest stall: what is ours happens in every run, what the machine does to us does not. */
function partsOf(algorithm: string, runs: number): readonly Part[] {
  const measured = Array.from({ length: runs }, () => measure(algorithm))
  const { megabytes, stall, nanoseconds, timers } = measured.reduce((a, b) => (b.stall < a.stall ? b : a))
  return [
    { part: `${algorithm}, a take of a known key among a million`, figure: duration(nanoseconds) },
    boundedPart(`${algorithm}, memory of a million keys`, { got: megabytes, most: 120, unit: 'MB' }),
    boundedPart(`${algorithm}, the longest stall while a million keys come`, {
      got: stall,
      most: 10,
      unit: 'ms',
      digits: 1,
    }),
    boundedPart(`${algorithm}, timers of a million keys`, { got: timers, most: 0, unit: 'timers' }),
  ]
}

/** In a process of its own, with the garbage collected before and after. */
function measure(algorithm: string): Measured {
  const args = ['--expose-gc', here('parts/limiter-keys.ts'), algorithm]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
}
