/** Patterns that a hostile text could keep running for ever. */

import { createRequire } from 'node:module'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'
import type { Place } from '../source.ts'
import { defineRule } from './rule.ts'

const budgetMs = 5_000

export const patterns = defineRule({
  rules: {
    'input/unbounded-pattern': {
      severity: 'error',
      cause: 'The time that a pattern takes grows faster than the text, so one request could stop the server.',
      hint: 'avoid repetitions inside repetitions and overlapping alternatives; `maxLength` does not help',
    },
  },
  check: (policy) => {
    const seen = new Map<string, string | undefined>()
    return patternsOf(policy).flatMap(({ pattern, at }): readonly Finding[] => {
      if (!seen.has(pattern)) seen.set(pattern, judge(pattern))
      const verdict = seen.get(pattern)
      return verdict === undefined ? [] : [{ rule: 'input/unbounded-pattern', at, message: verdict }]
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
  return Object.entries(value).flatMap(([key, member]) => {
    const place = { source: at.source, path: [...at.path, Array.isArray(value) ? Number(key) : key] }
    return key === 'pattern' && typeof member === 'string' ? [{ pattern: member, at: place }] : find(member, place)
  })
}

/** A pattern with at most one open-ended or nested repetition is not worth the analyser's start. */
const isPlain = (pattern: string): boolean => !/[*+]|\{\d+,\d*\}.*\{\d+,\d*\}|\{\d+,\}/.test(pattern)

function judge(pattern: string): string | undefined {
  if (isPlain(pattern) || !compiles(pattern)) return undefined
  const diagnostics = analyser()(pattern, 'u', { timeout: budgetMs, checker: 'auto' })
  if (diagnostics.status === 'safe') return undefined
  if (diagnostics.status === 'unknown') return 'cannot tell within 5 s whether this pattern ends in linear time'
  return `this pattern takes ${diagnostics.complexity.summary} time`
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Loaded where the first pattern needs it: its start takes longer than all else that `check` does. */
function analyser(): typeof import('recheck').checkSync {
  return createRequire(import.meta.url)('recheck').checkSync
}
