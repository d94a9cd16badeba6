/** Patterns that a hostile text could keep running for ever. */

import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'
import { below, type Place } from '../source.ts'
import { PatternJudge } from './pattern-judge.ts'
import { defineRule } from './rule.ts'

export const patterns = defineRule({
  rules: {
    'input/unbounded-pattern': {
      severity: 'error',
      cause: 'The time that a pattern takes grows faster than the text, so one request could stop the server.',
      hint: 'avoid repetitions inside repetitions and overlapping alternatives; `maxLength` does not help',
    },
  },
  check(policy) {
    const judge = new PatternJudge()
    return patternsOf(policy).flatMap(({ pattern, at }): readonly Finding[] => {
      const fault = judge.faultOf(pattern)
      return fault === undefined ? [] : [{ rule: 'input/unbounded-pattern', at, message: fault }]
    })
  },
})

interface WrittenPattern {
  readonly pattern: string
  readonly at: Place
}

const patternsOf = ({ routes, schemas }: Policy): readonly WrittenPattern[] =>
  [...routes.flatMap(({ blocks }) => blocks.get('input') ?? []), ...schemas].flatMap(({ value, at }) => find(value, at))

function find(value: unknown, at: Place): readonly WrittenPattern[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'pattern' && typeof member === 'string'
      ? [{ pattern: member, at: below(at, key) }]
      : find(member, below(at, key)),
  )
}
