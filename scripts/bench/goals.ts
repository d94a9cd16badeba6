/** What the product wants to reach, held against what was measured. */

import { type Ratio, ratios, throughput } from './results.ts'
import type { Results } from './rounds.ts'
import { median } from './statistics.ts'

export interface Verdict {
  readonly goal: string
  readonly wanted: string
  readonly got: string
  readonly isMet: boolean
}

interface Bound {
  readonly least?: number
  readonly most?: number
}

interface RatioGoal extends Bound {
  readonly goal: string
  /** What is compared, and with what; by CPU unless told. */
  readonly own: string
  readonly base: string
  readonly ratio?: Ratio
}

const goals: readonly RatioGoal[] = [
  { goal: 'allowed, × hand-written Koa stack', own: 'portcullis', base: 'koa', least: 4.8 },
  { goal: 'allowed, × Fastify stack', own: 'portcullis', base: 'fastify', least: 2.4 },
  { goal: 'allowed, × Fastify stack with its token cache', own: 'portcullis', base: 'fastify-cache', least: 2 },
  { goal: 'allowed, × bare Koa + router', own: 'portcullis', base: 'bare-koa', least: 1 },
  { goal: 'every token new, × bare Koa + router', own: 'portcullis-new', base: 'bare-koa', least: 0.75 },
  ...[401, 422, 429].flatMap((status) => [
    { goal: `${status}, × hand-written Koa stack`, own: `portcullis-${status}`, base: `koa-${status}`, least: 4 },
    { goal: `${status} costs less than allowed, ×`, own: `portcullis-${status}`, base: 'portcullis', least: 1 },
  ]),
  { goal: 'policy + proxy, × nginx', own: 'portcullis-proxy', base: 'nginx', least: 0.25 },
  { goal: 'policy + proxy, × Fastify stack + proxy', own: 'portcullis-proxy', base: 'fastify-proxy', least: 2.5 },
  ...['audit-batch', 'audit-required'].map((own) => ({
    goal: `every request on record, \`${own}\`, throughput × no record`,
    own,
    base: 'audit-off',
    ratio: throughput,
    least: 0.8,
  })),
  { goal: 'a request among 10,000 routes, cost ×', own: 'portcullis', base: 'portcullis-many', most: 1.2 },
]

/** The goals of which both sides were measured. */
export const judgeRatios = (results: Results): readonly Verdict[] =>
  goals
    .filter(({ own, base }) => results.has(own) && results.has(base))
    .map(({ goal, own, base, ratio, ...bound }) =>
      judge(goal, median(ratios(results, { own, base, ratio })), { ...bound, digits: 2 }),
    )

interface Measure extends Bound {
  readonly digits: number
  readonly unit?: string
}

/** A figure against its bound. */
export function judge(goal: string, got: number, { least, most, digits, unit = '' }: Measure): Verdict {
  const wanted = least === undefined ? `≤ ${most}${unit}` : `≥ ${least}${unit}`
  const isMet = got >= (least ?? -Infinity) && got <= (most ?? Infinity)
  return { goal, wanted, got: `${got.toFixed(digits)}${unit}`, isMet }
}
