/** The tables of a run, in Markdown: medians with their spread, and ratios of server CPU. */

import type { Contender, Table } from './contenders.ts'
import type { Round } from './load.ts'
import type { Results } from './rounds.ts'
import { spread } from './statistics.ts'

/** How `own` compares to `base` in one round; more is better. */
export type Ratio = (own: Round, base: Round) => number

/** How many times the CPU of `own` goes into that of `base`. */
export const thrift: Ratio = (own, base) => base.cpu / own.cpu

/** The requests a second of `own`, in those of `base`. */
export const throughput: Ratio = (own, base) => own.perSecond / base.perSecond

interface Column {
  readonly title: string
  /** Which contender a row is held against. */
  readonly base: (id: string) => string
  readonly ratio?: Ratio
}

const against = (title: string, id: string): Column => ({ title: `× ${title}`, base: () => id })

interface Layout {
  readonly title: string
  readonly columns: readonly Column[]
}

const layouts: Readonly<Record<Table, Layout>> = {
  seen: {
    title: 'Allowed, one token seen before',
    columns: [
      against('hand-written Koa stack', 'koa'),
      against('Fastify stack', 'fastify'),
      against('bare Koa + router', 'bare-koa'),
    ],
  },
  new: {
    title: 'Allowed, every token new',
    columns: [
      against('hand-written Koa stack', 'koa-new'),
      against('Fastify stack', 'fastify-new'),
      against('bare Koa + router', 'bare-koa'),
    ],
  },
  refused: {
    title: 'Refused',
    columns: [
      { title: '× the same of the hand-written Koa stack', base: (id) => id.replace(/^[^-]+/, 'koa') },
      { title: '× its own allowed request', base: (id) => id.replace(/-.*/, '') },
    ],
  },
  proxy: {
    title: 'As a reverse proxy',
    columns: [against('nginx', 'nginx'), against('Fastify stack + @fastify/reply-from', 'fastify-proxy')],
  },
  audit: {
    title: 'On record, every request',
    columns: [
      against('no record', 'audit-off'),
      { title: 'throughput × no record', base: () => 'audit-off', ratio: throughput },
    ],
  },
}

/** Round by round. */
export function ratios(
  results: Results,
  { own, base, ratio = thrift }: { readonly own: string; readonly base: string; readonly ratio?: Ratio | undefined },
): readonly number[] {
  const bases = results.get(base) ?? []
  return (results.get(own) ?? []).flatMap((round, index) => {
    const other = bases[index]
    return other === undefined ? [] : [ratio(round, other)]
  })
}

/** A Markdown table. */
export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')

/** The tables of what was measured. */
export function resultsText(contenders: readonly Contender[], results: Results): string {
  const tables = Object.entries(layouts).map(([table, { title, columns }]) => {
    const own = contenders.filter((contender) => contender.table === table)
    if (own.length === 0) return ''
    const head = ['server', 'CPU µs a request', ...columns.map((column) => column.title), 'requests a second', 'errors']
    const rows = own.map((contender) => rowOf(contender, columns, results))
    return `## ${title}\n\n${tableOf(head, rows)}\n`
  })
  return tables.join('')
}

function rowOf({ id, name }: Contender, columns: readonly Column[], results: Results): readonly string[] {
  const rounds = results.get(id) ?? []
  const cpu = rounds.map((round) => round.cpu)
  const perSecond = rounds.map((round) => round.perSecond)
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0)
  const relative = columns.map(({ base, ratio }) => spread(ratios(results, { own: id, base: base(id), ratio }), 2))
  return [name, spread(cpu, 0), ...relative, spread(perSecond, 0), String(errors)]
}
