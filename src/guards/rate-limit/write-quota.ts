/** The rate-limit headers: X-RateLimit-*, and those of draft-ietf-httpapi-ratelimit-headers. */

import type { Head } from '../../core/answer.ts'
import type { Exchange } from '../../core/exchange.ts'

/** Whole seconds that suffice. */
export const wholeSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000)

const names: ReadonlySet<string> = new Set([
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit-policy',
  'ratelimit',
])

/** Tells the limit nearest to its end; nothing where the request was refused before any was asked. */
export function writeQuota({ quota }: Exchange, head: Head): void {
  if (quota === undefined) return
  const { name, size, limit, seconds, remaining } = quota
  const reset = wholeSeconds(quota.reset)
  head.own.push({
    names,
    lines: `X-RateLimit-Limit: ${size}\r\nX-RateLimit-Remaining: ${remaining}\r\nX-RateLimit-Reset: ${reset}\r\nRateLimit-Policy: "${name}";q=${limit};w=${seconds}\r\nRateLimit: "${name}";r=${remaining};t=${reset}\r\n`,
  })
}
