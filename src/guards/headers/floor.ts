/** What a destination may say in place of the headers that the policy gives: nothing weaker. */

import type { Amend } from '../../core/answer.ts'
import { isSound } from './content-policy.ts'

/** By name (lower case): the values there are, the strictest first. */
const ladders: ReadonlyMap<string, readonly string[]> = new Map([
  ['x-content-type-options', ['nosniff']],
  ['x-frame-options', ['deny', 'sameorigin']],
  ['x-xss-protection', ['0']],
  ['x-download-options', ['noopen']],
  ['x-dns-prefetch-control', ['off', 'on']],
  ['x-permitted-cross-domain-policies', ['none', 'master-only', 'by-content-type', 'all']],
  ['origin-agent-cluster', ['?1', '?0']],
  ['cross-origin-opener-policy', ['same-origin', 'noopener-allow-popups', 'same-origin-allow-popups', 'unsafe-none']],
  ['cross-origin-resource-policy', ['same-origin', 'same-site', 'cross-origin']],
  ['cross-origin-embedder-policy', ['require-corp', 'credentialless', 'unsafe-none']],
  [
    'referrer-policy',
    ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin', 'origin', 'unsafe-url'],
  ],
])

/** What browsers do untold: a page that needs to know where its own forms come from may ask for as much. */
const usualReferrer = 'strict-origin-when-cross-origin'

/** The headers that a policy says in words of its own, by name (lower case): of these nothing else is heard. */
type Insisted = ReadonlySet<string>

/** The amends of what a destination says in these headers, by name (lower case). */
export function floorOf(
  written: Readonly<Record<string, string>>,
  insisted: Insisted,
): readonly (readonly [string, Amend])[] {
  return Object.entries(written).flatMap(([name, ours]) => {
    const lower = name.toLowerCase()
    const amend = amendOf(lower, ours, insisted.has(lower))
    return amend === undefined ? [] : [[lower, amend] as const]
  })
}

function amendOf(lower: string, ours: string, insists: boolean): Amend | undefined {
  if (lower === 'strict-transport-security') return (value) => (isLonger(value, ours) ? value : undefined)
  if (lower === 'content-security-policy') return insists ? () => undefined : besideOurs(ours)
  if (lower === 'referrer-policy' && !insists) return onLadder(lower, usualReferrer)
  return onLadder(lower, ours)
}

function onLadder(lower: string, ours: string): Amend | undefined {
  const ladder = ladders.get(lower)
  if (ladder === undefined) return undefined
  const heard = new Set(ladder.slice(0, ladder.indexOf(readWord(ours)) + 1))
  return (value) => (heard.has(readWord(value)) ? value : undefined)
}

/** The word before parameters such as `report-to`. */
const readWord = (value: string): string => (value.split(';', 1)[0] ?? '').trim().toLowerCase()

/** A sound policy stands by itself; browsers hold a page to both of two (CSP3 §8.1). */
const besideOurs =
  (ours: string): Amend =>
  (value) =>
    isSound(value) || value.endsWith(ours) ? value : `${value}, ${ours}`

interface Transport {
  readonly maxAge: number
  readonly words: readonly string[]
}

/** Whether a browser keeps to TLS for as long at least, and for as many hosts (RFC 6797 §6.1). */
function isLonger(value: string, ours: string): boolean {
  const [theirs, own] = [readTransport(value), readTransport(ours)]
  return theirs.maxAge >= own.maxAge && own.words.every((word) => theirs.words.includes(word))
}

function readTransport(value: string): Transport {
  const directives = value
    .toLowerCase()
    .split(';')
    .map((directive) => directive.trim())
  const ages = directives.flatMap((directive) => /^max-age\s*=\s*"?(\d+)"?$/.exec(directive)?.[1] ?? [])
  const words = directives.filter((directive) => directive === 'includesubdomains' || directive === 'preload')
  // A header with a directive twice is no header (RFC 6797 §6.1).
  return { maxAge: ages.length === 1 ? Number(ages[0]) : -1, words }
}
