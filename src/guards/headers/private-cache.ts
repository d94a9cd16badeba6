/** Caches between here and the client: what a caller with a credential is answered is for that caller alone (RFC 9111 §3.5). */

import type { Amend } from '../../core/answer.ts'

const shared = /^(?:public|s-maxage(?:\s*=.*)?)$/i
const alone = /^(?:private|no-store)$/i

/** `Cache-Control` of an answer that a shared cache may not give to others; what the caller's own may keep, stays. */
function withoutSharing(value: string): string {
  const directives = splitList(value).filter((directive) => !shared.test(directive))
  return directives.some((directive) => alone.test(directive))
    ? directives.join(', ')
    : ['private', ...directives].join(', ')
}

/** At commas outside quotes. */
const splitList = (value: string): string[] =>
  (value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []).map((item) => item.trim()).filter(Boolean)

/** Headers by which only shared caches are told, ahead of `Cache-Control` (RFC 9213). */
const targeted = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'fastly-cdn-cache-control',
  'akamai-cache-control',
  'edge-control',
  'netlify-cdn-cache-control',
  'surrogate-control',
  'vercel-cdn-cache-control',
  'x-accel-expires',
  'x-litespeed-cache-control',
]

/** By name (lower case); for answers to callers with a credential. */
export const privateCache: readonly (readonly [string, Amend])[] = [
  ['cache-control', withoutSharing],
  ...targeted.map((name) => [name, () => undefined] as const),
]
