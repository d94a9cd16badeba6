/** What was counted on one route: plain numbers, so that counting costs nanoseconds and reading them does the work. */

import type { Judge } from '../../core/decision.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Outcome } from '../../core/observer.ts'

/** Upper bounds of the buckets, in seconds: from a denial in memory to an upstream at its timeout. */
export const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** How often one guard allowed and denied. */
interface Verdicts {
  readonly guard: string
  readonly mode: 'enforced' | 'reportOnly'
  allowed: number
  denied: number
}

export class RouteTally {
  /** `METHOD /pattern`, never the raw path. */
  readonly route: string
  readonly service: string
  /** By method, then by status. */
  readonly requests = new Map<string, Map<number, number>>()
  /** One a bound, and one for what is above all of them; not cumulative. */
  readonly buckets = new Float64Array(bounds.length + 1)
  seconds = 0
  readonly #verdicts = new Map<string, Verdicts>()
  #judges: readonly Judge[] = []
  #reportOnly: readonly string[] = []
  /** How many exchanges were passed by so many judges: one number a request, whatever the length of the stack. */
  #passed: number[] = [0]

  constructor(route: string, service: string) {
    this.route = route
    this.service = service
  }

  count({ method, decision, route }: Exchange, { status, milliseconds }: Outcome): void {
    this.#countRequest(methods.has(method) ? method : 'other', status)
    this.#countSeconds(milliseconds / 1000)
    if (decision.judges !== this.#judges) this.#follow(decision.judges, route?.reportOnly ?? [])
    this.#passed[decision.passed] = (this.#passed[decision.passed] ?? 0) + 1
    if (decision.judge !== undefined) this.#of(decision.judge.guard).denied++
    for (const { judge } of decision.reported) {
      this.#of(judge.guard).denied++
      this.#of(judge.guard).allowed--
    }
  }

  /** The decisions of every guard so far. */
  verdicts(): Iterable<Verdicts> {
    this.#spread()
    return this.#verdicts.values()
  }

  #countRequest(method: string, status: number): void {
    const byStatus = this.requests.get(method) ?? new Map<number, number>()
    if (byStatus.size === 0) this.requests.set(method, byStatus)
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  }

  #countSeconds(seconds: number): void {
    let bucket = 0
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
    this.seconds += seconds
  }

  /** A reload brings other judges; what the old ones decided stays counted. */
  #follow(judges: readonly Judge[], reportOnly: readonly string[]): void {
    this.#spread()
    this.#judges = judges
    this.#reportOnly = reportOnly
    this.#passed = new Array(judges.length + 1).fill(0)
  }

  /** Whoever was passed by the fourth judge was passed by the first three. */
  #spread(): void {
    let passed = 0
    for (let i = this.#judges.length; i > 0; i--) {
      passed += this.#passed[i] ?? 0
      const judge = this.#judges[i - 1]
      if (judge !== undefined) this.#of(judge.guard).allowed += passed
    }
    this.#passed.fill(0)
  }

  #of(guard: string): Verdicts {
    const mode = this.#reportOnly.includes(guard) ? 'reportOnly' : 'enforced'
    const key = `${mode} ${guard}`
    const known = this.#verdicts.get(key)
    if (known !== undefined) return known
    const verdicts: Verdicts = { guard, mode, allowed: 0, denied: 0 }
    this.#verdicts.set(key, verdicts)
    return verdicts
  }
}
