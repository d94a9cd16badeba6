/** Limits that would count on the same counter, or share their slots, without meaning to. */

import { type ConcurrencyBlock, identityOfSlots } from '../../guards/concurrency/concurrency-block.ts'
import { identityOf, type WrittenLimits } from '../../guards/rate-limit/limit-schema.ts'
import type { Finding } from '../findings.ts'
import type { Origin, Route } from '../policy.ts'
import { placeKey } from '../source.ts'
import { defineRule } from './rule.ts'

export const limitIdentity = defineRule({
  rules: {
    'rateLimit/identity-clash': {
      severity: 'error',
      cause: 'Two limits of one service have the same name, so they would share one counter.',
      hint: 'give one of them a `name` of its own, or its file a `service` of its own',
    },
    'concurrency/identity-clash': {
      severity: 'error',
      cause: 'Two blocks of one service count by the same, so they would share their slots.',
      hint: 'write it once, in a profile that both files `use`, or give one file a `service` of its own',
    },
  },
  check: ({ routes }) => [
    ...findClashes('rateLimit/identity-clash', routes.flatMap(limitsOf)),
    ...findClashes('concurrency/identity-clash', routes.flatMap(slotsOf)),
  ],
})

interface Limit {
  readonly identity: string
  readonly origin: Origin
}

function limitsOf({ blocks }: Route): readonly Limit[] {
  const { value, items = [] } = blocks.get('rateLimit') ?? {}
  return ((value ?? []) as WrittenLimits).flatMap((limit, index) => {
    const origin = items[index]
    return origin === undefined ? [] : [{ identity: identityOf(limit, origin.owner), origin }]
  })
}

function slotsOf({ blocks }: Route): readonly Limit[] {
  const block = blocks.get('concurrency')
  if (block === undefined) return []
  return [{ identity: identityOfSlots(block.value as ConcurrencyBlock, block.owner), origin: block }]
}

/** A limit that several routes inherit is one limit: it stands at one place. */
function findClashes(rule: string, limits: readonly Limit[]): readonly Finding[] {
  const places = new Map<string, Origin>()
  const findings: Finding[] = []
  for (const { identity, origin } of limits) {
    const first = places.get(identity)
    if (first === undefined) places.set(identity, origin)
    else if (placeKey(first.at) !== placeKey(origin.at)) findings.push(clash(rule, identity, origin, first))
  }
  return findings
}

const clash = (rule: string, identity: string, origin: Origin, first: Origin): Finding => ({
  rule,
  at: origin.at,
  message: `the limit \`${identity}\` exists twice`,
  related: [{ at: first.at, message: 'the other one' }],
})
