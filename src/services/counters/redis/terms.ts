/** One limit as the script takes it: numbers that stay whole, and the end of its keys' names. */

import type { Limit } from '../counters.ts'
import { digestOf } from './digest.ts'

/** Numbers up to here, and their sums, are exact doubles, as all numbers of Lua are. */
const exact = 2 ** 52

export interface Terms {
  /** Of the limit's id: a limit whose numbers change goes on with the same keys. */
  readonly digest: string
  /** Algorithm, rate, unit and burst, as texts. */
  readonly args: readonly [string, string, string, string]
}

/** A limit is the same object for every request. */
const known = new WeakMap<Limit, Terms>()

export function termsOf(limit: Limit): Terms {
  const terms = known.get(limit)
  if (terms !== undefined) return terms
  const made = makeTerms(limit)
  known.set(limit, made)
  return made
}

function makeTerms({ id, algorithm, limit, period, burst }: Limit): Terms {
  const [rate, unit] = algorithm === 'token-bucket' ? wholeRate(limit, period) : [0, period]
  return Object.freeze({ digest: digestOf(id), args: [algorithm, `${rate}`, `${unit}`, `${burst}`] as const })
}

/**
 * `limit` units a `period` as parts that flow back each millisecond, and the parts of one unit. Where their product would
 * not be exact, both are halved, towards the slower: by less than one part in ten million.
 */
function wholeRate(limit: number, period: number): readonly [rate: number, unit: number] {
  const divisor = greatestCommonDivisor(limit, period)
  let [rate, unit] = [limit / divisor, period / divisor]
  while (rate * unit > exact && rate > 1) [rate, unit] = [Math.floor(rate / 2), Math.ceil(unit / 2)]
  return [rate, unit]
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
