/** Whether a pattern takes linear time, by an analysis that is slow: what it said is kept for later checks. */

import { TextCache } from '../../core/text-cache.ts'
import { analysePattern } from './pattern-thread.ts'
import type { Analysis } from './pattern-worker.ts'

/** Milliseconds, for one pattern and for all that one judge is asked. */
const patience = { each: 5_000, all: 30_000 }

/** What is wrong with a pattern; null where nothing is. */
type Verdict = string | null

/** An import checks what it wrote many times over, and a server whatever it reloads. */
const settled = new TextCache<Verdict>({ texts: 2_000, characters: 500_000 })

/** For one check: judges each pattern once, until the time for all of them is over. */
export class PatternJudge {
  readonly #verdicts = new Map<string, Verdict>()
  #left = patience.all

  faultOf(pattern: string): string | undefined {
    if (!this.#verdicts.has(pattern)) this.#verdicts.set(pattern, this.#judge(pattern))
    return this.#verdicts.get(pattern) ?? undefined
  }

  #judge(pattern: string): Verdict {
    if (isPlain(pattern) || !compiles(pattern)) return null
    const known = settled.get(pattern)
    return known === undefined ? this.#analyse(pattern) : known
  }

  #analyse(pattern: string): Verdict {
    if (this.#left <= 0) return 'expected patterns that are all judged within 30 s, and this one was not reached'
    const timeout = Math.min(patience.each, this.#left)
    const started = performance.now()
    const found = analysePattern({ pattern, timeout })
    this.#left -= performance.now() - started
    const verdict = verdictOf(found)
    // With less time than it should have had, it may be told another time.
    if (found.status !== 'unknown' || timeout === patience.each) settled.set(pattern, verdict)
    return verdict
  }
}

function verdictOf({ status, summary }: Analysis): Verdict {
  if (status === 'safe') return null
  if (status === 'unknown') return 'cannot tell in reasonable time whether this pattern ends in linear time'
  return `expected a pattern that takes linear time, this one takes ${summary} time`
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
