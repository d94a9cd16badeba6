/** The model's limits: buckets of tokens and lists of moments, by name and key. */

import type { Limit } from '../policy.ts'
import { evaluate, type Facts } from './expression.ts'

export interface OwnedLimit {
  /** Whose counter it is. */
  readonly owner: string
  readonly limit: Limit
}

interface Bucket {
  tokens: number
  at: number
}

/** Which gate takes it: the first at which its key is known. */
export function stageOf({ limit }: OwnedLimit): 'ip' | 'user' | 'input' {
  const read = [limit.by, typeof limit.limit === 'number' ? [] : limit.limit.on].flat().join(' ')
  if (/\$\{(params|query|headers|body)/.test(read)) return 'input'
  return /user/.test(read) ? 'user' : 'ip'
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const isUnit = (text: string): text is keyof typeof units => text in units

export function milliseconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? []
  return Number(count) * (isUnit(unit) ? units[unit] : Number.NaN)
}

function keyOf(by: string, facts: Facts): unknown {
  const address = ['ip', facts.ip]
  if (by === 'ip') return address
  if (by === 'all') return ['all']
  if (by === 'user') return facts.user === undefined ? address : ['user', facts.user.issuer, facts.user.id]
  const value = evaluate(by, facts)
  if (value === undefined) return address
  return typeof value === 'object' ? ['list', value] : ['value', String(value)]
}

/** What was taken so far, at moments of a clock that is told. */
export class Limits {
  readonly #buckets = new Map<string, Bucket>()
  readonly #windows = new Map<string, { readonly at: number; readonly cost: number }[]>()

  /** Takes all or none. */
  take(
    limits: readonly OwnedLimit[],
    facts: Facts,
    { cost, now }: { readonly cost: number; readonly now: number },
  ): boolean {
    const accounts = limits.map((owned) => this.#account(owned, facts, now))
    const allowed = accounts.every(({ left }) => left + 1e-6 >= cost)
    if (allowed) for (const { charge } of accounts) charge(cost)
    return allowed
  }

  #account({ owner, limit }: OwnedLimit, facts: Facts, now: number) {
    const key = JSON.stringify([owner, limit.name, [limit.by].flat().map((by) => keyOf(by, facts))])
    const size = sizeOf(limit, facts)
    const period = milliseconds(limit.per)
    if (limit.algorithm === 'sliding-window') {
      const taken = (this.#windows.get(key) ?? []).filter(({ at }) => at + period > now)
      this.#windows.set(key, taken)
      const used = taken.reduce((sum, { cost }) => sum + cost, 0)
      return { left: size - used, charge: (cost: number) => void taken.push({ at: now, cost }) }
    }
    const burst = limit.burst ?? size
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
    this.#buckets.set(key, bucket)
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * size) / period)
    bucket.at = now
    const charge = (cost: number) => {
      bucket.tokens -= cost
    }
    return { left: bucket.tokens, charge }
  }
}

function sizeOf({ limit }: Limit, facts: Facts): number {
  if (typeof limit === 'number') return limit
  const plan = evaluate(limit.on, facts)
  return (typeof plan === 'string' ? limit.is[plan] : undefined) ?? limit.else
}
