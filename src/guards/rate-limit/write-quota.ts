/** The rate-limit headers: X-RateLimit-*, and those of draft-ietf-httpapi-ratelimit-headers. */

import type { Head } from '../../core/answer.ts'
import type { Exchange } from '../../core/exchange.ts'

/** Whole seconds that suffice. */
export const wholeSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000)

/** Tells the limit nearest to its end; nothing where the request was refused before any was asked. */
export function writeQuota({ quota }: Exchange, head: Head): void {
  if (quota === undefined) return
  const { name, size, limit, seconds, remaining } = quota
  const reset = wholeSeconds(quota.reset)
  head.own.push(
    'X-RateLimit-Limit',
    `${size}`,
    'X-RateLimit-Remaining',
    `${remaining}`,
    'X-RateLimit-Reset',
    `${reset}`,
  )
  head.own.push(
    'RateLimit-Policy',
    `"${name}";q=${limit};w=${seconds}`,
    'RateLimit',
    `"${name}";r=${remaining};t=${reset}`,
  )
}
