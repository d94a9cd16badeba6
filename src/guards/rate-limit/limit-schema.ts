/** How a limit is written in a policy. */

import { durationPattern } from '../../core/duration.ts'
import { type Infer, integer, object, record, string, union, word } from '../../schema/builder.ts'
import { bySchema, nameOfBy } from '../../services/counters/by.ts'

/** Beyond this, units would no longer be counted one by one. */
const most = 1_000_000_000

export const limitSchema = object({
  by: bySchema(),
  'name?': string({
    pattern: '^[A-Za-z0-9_.+ -]{1,64}$',
    title: 'a name of letters, digits, `-`, `_`, `.`, `+` and spaces',
    description: 'What clients and the counter know the limit by; `by` unless told.',
  }),
  limit: union(
    [
      integer({ minimum: 1, maximum: most, examples: [60] }),
      object({
        on: string({
          minLength: 1,
          description: 'An expression that yields the plan.',
          examples: ['${user.claims.plan}'],
        }),
        is: record(integer({ minimum: 1, maximum: most }), { minProperties: 1, description: 'Plan → limit.' }),
        else: integer({
          minimum: 1,
          maximum: most,
          examples: [60],
          description: 'For every other plan, and for none.',
        }),
      }),
    ],
    { description: 'Requests (or units of `cost`) a period; by plan where it depends on one.' },
  ),
  per: string({ pattern: durationPattern, title: 'a duration', examples: ['1m'], description: 'The period.' }),
  'burst?': integer({
    minimum: 1,
    maximum: most,
    examples: [20],
    description: 'How many may come at once, of a token bucket; `limit` unless told.',
  }),
  'algorithm?': word(['token-bucket', 'sliding-window'], {
    description:
      '`token-bucket` never allows more than burst + rate × t, `sliding-window` never more than `limit` in any window; ' +
      '`token-bucket` unless told.',
  }),
  'onStoreFailure?': word(['local', 'allow', 'deny'], {
    description:
      'While the store that nodes share (`settings.state`) does not answer: `local` counts on each node by itself, `allow` ' +
      'lets everything pass, `deny` refuses with 503 `state_unavailable`; `local` unless told.',
  }),
})

export type WrittenLimit = Infer<typeof limitSchema>
export type WrittenLimits = readonly WrittenLimit[]

/** Every number that can be the limit, with its place in the block. */
export function boundsOf({
  limit,
}: WrittenLimit): readonly { readonly path: readonly string[]; readonly limit: number }[] {
  if (typeof limit !== 'object') return [{ path: ['limit'], limit }]
  const plans = Object.entries(limit.is).map(([plan, each]) => ({ path: ['limit', 'is', plan], limit: each }))
  return [...plans, { path: ['limit', 'else'], limit: limit.else }]
}

/** The name that a limit goes by: its own, or what it counts by. */
export const nameOf = ({ name, by }: WrittenLimit): string => name ?? nameOfBy(by)

/** What its counters are kept under; `owner` is `profile/`, `service/` or `service/METHOD /path/`. */
export const identityOf = (limit: WrittenLimit, owner: string): string => `${owner}${nameOf(limit)}`
