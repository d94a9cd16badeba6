/** What stands around the tables: how it was measured, the goals, the parts. */

import { cpus, loadavg } from 'node:os'
import type { Verdict } from './goals.ts'
import type { Part } from './parts/part.ts'
import { tableOf } from './results.ts'
import type { Pace } from './rounds.ts'

/** As it was before the bench put load on it: beyond a load of 1 the figures are a neighbour's. */
const machine = [
  cpus()[0]?.model ?? 'unknown processor',
  `${cpus().length} cores at a load of ${loadavg()[0]?.toFixed(1)}`,
  `Node ${process.version}`,
  new Date().toISOString().slice(0, 10),
].join(', ')

/** The machine, and how to read the rest. */
export const headText = ({ rounds, seconds, warmUp, warmUpSeconds }: Pace): string => `# Bench results

${machine}. Read ratios, not absolutes.

\`POST /orders/:id\`, 200-byte JSON, JWT HS256 (issuer, audience, expiry), scope, per-user limit in memory, CORS, security
headers, five-field body. The same answers are checked of every server before it is timed: what must be allowed, five tokens
that are worth nothing, a missing scope, five bodies that do not fit; where 429 is measured, that one call was let through.

${rounds} interleaved rounds of ${seconds} s, there and back, after ${warmUp.toLocaleString('en')} requests or ${warmUpSeconds} s of them, whose header fields come in another order each
second, as those of several clients do; every server a process of its own on one core,
wrk with 64 connections on the other. CPU is what the system counted for all processes of a server, user and system. Medians
(least–most); a ratio is taken within each round, base ÷ own, so more is better, and what disturbs a round disturbs both.
Of ours what \`serve\` does by default is measured, its log of refusals and its metrics included; the others keep neither.
The audit log is off but where it is what is measured: the others have none.

`

/** Every goal with what was reached. */
export function goalsText(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return ''
  const rows = verdicts.map(({ goal, wanted, got, isMet }) => [goal, wanted, got, isMet ? 'yes' : '**no**'])
  return `## Goals\n\n${tableOf(['goal', 'wanted', 'reached', 'met'], rows)}\n`
}

export function partsText(parts: readonly Part[]): string {
  if (parts.length === 0) return ''
  return `## Parts\n\n${tableOf(
    ['part', 'figure'],
    parts.map(({ part, figure }) => [part, figure]),
  )}\n`
}
