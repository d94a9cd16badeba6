/** What limits mean for a client: the headers that tell them, and the limits themselves. */

import { describeBy } from '../../services/counters/by.ts'
import type { HeaderPart, OperationPart } from '../../services/openapi.ts'
import { nameOf, type WrittenLimit, type WrittenLimits } from './limit-schema.ts'

const count = { type: 'integer', minimum: 0 } as const
const text = { type: 'string' } as const

/** Those of `writeQuota`. */
const headers: Readonly<Record<string, HeaderPart>> = {
  'X-RateLimit-Limit': {
    description: 'How many units may come at once, of the limit nearest to its end.',
    schema: count,
  },
  'X-RateLimit-Remaining': { description: 'How many units of it are left.', schema: count },
  'X-RateLimit-Reset': { description: 'Seconds until it is whole again.', schema: count },
  'RateLimit-Policy': {
    description: 'The same limit in the form of the IETF draft: `q` units in `w` seconds.',
    schema: { ...text, examples: ['"user";q=600;w=60'] },
  },
  RateLimit: {
    description: 'What is left of it in the form of the IETF draft: `r` units, whole again in `t` seconds.',
    schema: { ...text, examples: ['"user";r=599;t=1'] },
  },
}

/** `cost` is what one request takes of each. */
export function describeLimits(limits: WrittenLimits, cost: number): OperationPart {
  const taken = cost === 1 ? '' : ` One request counts as ${cost}.`
  return {
    headers,
    refusals: [
      'rate_limited',
      ...(limits.some(({ onStoreFailure }) => onStoreFailure === 'deny') ? (['state_unavailable'] as const) : []),
    ],
    notes: [`Limited to ${limits.map(describeLimit).join(', and to ')}.${taken}`],
    extensions: { 'x-rate-limit': limits.map((limit) => ({ ...termsOf(limit), cost })) },
  }
}

const termsOf = ({ by, limit, per, burst, algorithm = 'token-bucket', ...rest }: WrittenLimit) => ({
  name: nameOf({ by, limit, per, ...rest }),
  by,
  limit,
  per,
  ...(burst !== undefined && { burst }),
  algorithm,
})

function describeLimit({ by, limit, per }: WrittenLimit): string {
  const most = typeof limit === 'number' ? `${limit}` : `${limit.else} (another number by \`${limit.on}\`)`
  return `${most} in ${per} ${describeBy(by)}`
}
