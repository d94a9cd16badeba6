/** Patterns that a hostile text could keep running for ever. */

import { createRequire } from 'node:module'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'
import { below, type Place } from '../source.ts'
import { defineRule } from './rule.ts'

/** Milliseconds, for one pattern and for all of a directory. */
const patience = { each: 5_000, all: 30_000 }

export const patterns = defineRule({
  rules: {
    'input/unbounded-pattern': {
      severity: 'error',
      cause: 'The time that a pattern takes grows faster than the text, so one request could stop the server.',
      hint: 'avoid repetitions inside repetitions and overlapping alternatives; `maxLength` does not help',
    },
  },
  check(policy) {
    const analyser = new Analyser()
    return patternsOf(policy).flatMap(({ pattern, at }): readonly Finding[] => {
      const verdict = analyser.judge(pattern)
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
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'pattern' && typeof member === 'string'
      ? [{ pattern: member, at: below(at, key) }]
      : find(member, below(at, key)),
  )
}

/** Judges each pattern once, until the time for all of them is over. */
class Analyser {
  readonly #verdicts = new Map<string, string | undefined>()
  #left = patience.all

  judge(pattern: string): string | undefined {
    if (!this.#verdicts.has(pattern)) this.#verdicts.set(pattern, this.#analyse(pattern))
    return this.#verdicts.get(pattern)
  }

  #analyse(pattern: string): string | undefined {
    if (isPlain(pattern) || !compiles(pattern)) return undefined
    if (this.#left <= 0) return 'expected patterns that are all judged within 30 s, and this one was not reached'
    const started = performance.now()
    const found = analyse(pattern, 'u', { timeout: Math.min(patience.each, this.#left), checker: 'auto' })
    this.#left -= performance.now() - started
    if (found.status === 'safe') return undefined
    if (found.status === 'unknown') return 'cannot tell in reasonable time whether this pattern ends in linear time'
    return `expected a pattern that takes linear time, this one takes ${found.complexity.summary} time`
  }
}

/** From one start, without groups and alternatives, one part of varying length leaves one way for each length. */
function isPlain(pattern: string): boolean {
  const varying = pattern.replace(/\\.|\[(\\.|[^\]])*\]/g, '_').replace(/\{\d+\}/g, '')
  return varying.startsWith('^') && !/[(|]/.test(varying) && (varying.match(/[*+?{]/g) ?? []).length <= 1
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

type Check = typeof import('recheck').checkSync

let loaded: Check | undefined

/** Loaded where the first pattern needs it: its start takes longer than all else that `check` does. */
const analyse: Check = (...call) => {
  loaded ??= createRequire(import.meta.url)('recheck').checkSync as Check
  return loaded(...call)
}
