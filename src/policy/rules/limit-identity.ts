/** Limits that would count on the same counter without meaning to. */

import { identityOf, type WrittenLimits } from '../../guards/rate-limit/limit-schema.ts'
import type { Finding } from '../findings.ts'
import type { Origin, Policy } from '../policy.ts'
import { placeKey } from '../source.ts'
import { defineRule } from './rule.ts'

export const limitIdentity = defineRule({
  rules: {
    'rateLimit/identity-clash': {
      severity: 'error',
      cause: 'Two limits of one service have the same name, so they would share one counter.',
      hint: 'give one of them a `name` of its own, or its file a `service` of its own',
    },
  },
  check: findClashes,
})

/** A limit that several routes inherit is one limit: it stands at one place. */
function findClashes({ routes }: Policy): readonly Finding[] {
  const places = new Map<string, Origin>()
  const findings: Finding[] = []
  for (const { blocks } of routes) {
    const { value, items = [] } = blocks.get('rateLimit') ?? {}
    for (const [index, limit] of ((value ?? []) as WrittenLimits).entries()) {
      const origin = items[index]
      if (origin === undefined) continue
      const identity = identityOf(limit, origin.owner)
      const first = places.get(identity)
      if (first === undefined) places.set(identity, origin)
      else if (placeKey(first.at) !== placeKey(origin.at)) findings.push(clash(identity, origin, first))
    }
  }
  return findings
}

const clash = (identity: string, origin: Origin, first: Origin): Finding => ({
  rule: 'rateLimit/identity-clash',
  at: origin.at,
  message: `the limit \`${identity}\` exists twice`,
  related: [{ at: first.at, message: 'the other one' }],
})
