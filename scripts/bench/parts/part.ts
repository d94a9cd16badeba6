/** A part of the product measured by itself, and how a small one is timed. */

import { judge, type Verdict } from '../goals.ts'
import { median } from '../statistics.ts'

export interface Part {
  readonly part: string
  readonly figure: string
  readonly verdict?: Verdict
}

const repeats = 7

/** Nanoseconds of one of `count` calls, the median of some repeats after one that does not count. */
export function nanoseconds(count: number, run: (index: number) => unknown): number {
  const measured: number[] = []
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const before = performance.now()
    for (let index = 0; index < count; index++) run(index)
    measured.push(((performance.now() - before) * 1e6) / count)
  }
  return median(measured.slice(1))
}

/** `420 ns`, `4.2 µs`. */
export const duration = (ns: number): string => (ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`)

interface Bounded {
  readonly got: number
  readonly most: number
  readonly unit: string
  readonly digits?: number
}

/** A part with a figure that must not be exceeded. */
export function boundedPart(part: string, { got, most, unit, digits = 0 }: Bounded): Part {
  const verdict = judge(part, got, { most, digits, unit: ` ${unit}` })
  return { part, figure: verdict.got, verdict }
}
