/** The table of a run: medians with their spread, and ratios to the hand-written stack. */

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

/** Markdown, with how it was measured. */
export function reportOf(
  results: ReadonlyMap<string, readonly Round[]>,
  parts: Parts,
  { rounds, seconds }: Run,
): string {
  const [base = []] = results.values()
  const rows = [...results].map(([name, own]) => {
    const ratios = own.map(({ cpu }, index) => (base[index]?.cpu ?? 0) / cpu)
    const errors = own.reduce((sum, round) => sum + round.errors, 0)
    const cpu = own.map((round) => round.cpu)
    return `| ${name} | ${spread(cpu, 0)} | ${spread(ratios, 2)} | ${spread(
      own.map(({ perSecond }) => perSecond),
      0,
    )} | ${errors} |`
  })
  return `# Bench results

\`npm run bench\`: ${rounds} interleaved rounds of ${seconds} s, wrk with 64 connections on one core, the server on another;
median (least–most). ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}. Read ratios, not absolutes.

\`POST /orders/:id\`, 200-byte JSON, JWT HS256, scope, per-user limit in memory, CORS, security headers, five-field body; one token.

| server | CPU µs a request | × hand-written Koa stack | requests a second | errors |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

| part | figure |
| --- | --- |
${parts.map(({ part, figure }) => `| ${part} | ${figure} |`).join('\n')}
`
}
