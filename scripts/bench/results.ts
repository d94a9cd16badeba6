/** The table of a run: medians with their spread, and ratios to the hand-written stack and to Koa without any policy. */

import { cpus } from 'node:os'
import type { Round } from './load.ts'
import type { Parts } from './parts.ts'

interface Run {
  readonly rounds: number
  readonly seconds: number
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const spread = (numbers: readonly number[], digits: number): string =>
  `${median(numbers).toFixed(digits)} (${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)})`

/** How many times less a server costs than another, round by round: what disturbs one round disturbs both. */
const ratiosTo = (base: readonly Round[], own: readonly Round[]): readonly number[] =>
  own.map(({ cpu }, index) => (base[index]?.cpu ?? 0) / cpu)

/** Markdown, with how it was measured; the first server is the hand-written stack, the last has no policy. */
export function reportOf(
  results: ReadonlyMap<string, readonly Round[]>,
  parts: Parts,
  { rounds, seconds }: Run,
): string {
  const measured = [...results.values()]
  const [stack = []] = measured
  const bare = measured.at(-1) ?? []
  const rows = [...results].map(([name, own]) => {
    const cpu = spread(
      own.map((round) => round.cpu),
      0,
    )
    const ratios = [stack, bare].map((base) => spread(ratiosTo(base, own), 2)).join(' | ')
    const perSecond = own.map((round) => round.perSecond)
    const errors = own.reduce((sum, round) => sum + round.errors, 0)
    return `| ${name} | ${cpu} | ${ratios} | ${spread(perSecond, 0)} | ${errors} |`
  })
  return `# Bench results

\`npm run bench\`: ${rounds} interleaved rounds of ${seconds} s, wrk with 64 connections on one core, the server on another;
median (least–most). ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}. Read ratios, not absolutes.

\`POST /orders/:id\`, 200-byte JSON, JWT HS256, scope, per-user limit in memory, CORS, security headers, five-field body; one token.

| server | CPU µs a request | × hand-written Koa stack | × bare Koa + router | requests a second | errors |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

| part | figure |
| --- | --- |
${parts.map(({ part, figure }) => `| ${part} | ${figure} |`).join('\n')}
`
}
