/** Every metric: its type, its labels, and a query that is worth an alert. */

import { families } from '../../src/services/metrics/families.ts'
import { bounds } from '../../src/services/metrics/route-tally.ts'
import { code, codes, fence, page, table } from './markdown.ts'
import { labelWords, metricQueries } from './words.ts'

const lead = `\`builtin: metrics\` answers in the text format of Prometheus. Give its route a guard: who reads it learns which routes there are.`

const example = `routes:
  GET /metrics:
    authenticate: public
    network: [10.0.0.0/8]
    builtin: metrics
`

type Name = keyof typeof families

export const metricsPage = (): string =>
  page(
    '# Metrics',
    lead,
    fence('yaml', example),
    table(
      ['metric', 'type', 'counts'],
      Object.values(families).map(({ name, type, help }) => [code(name), type, help]),
    ),
    ...(Object.keys(families) as Name[]).map(describe),
    '## Of the process',
    'Beside these, `process_*` and `nodejs_*` tell of CPU time, memory, open files, garbage collection and the event loop, as `prom-client` names them.',
  )

function describe(name: Name): string {
  const { name: metric, type, help, labels } = families[name]
  const { asks, query } = metricQueries[name]
  return page(
    `## ${code(metric)}`,
    `${type.charAt(0).toUpperCase()}${type.slice(1)}. ${help}`,
    labels.length === 0 ? '' : table(['label', 'is'], labels.map(labelRow)),
    type === 'histogram' ? `Buckets: ${codes(bounds.map(String))} and \`+Inf\` seconds.` : '',
    asks,
    fence('promql', query),
  ).trimEnd()
}

function labelRow(label: string): readonly string[] {
  const means = labelWords[label]
  if (means === undefined) throw new Error(`the label \`${label}\` has no words in scripts/reference/words.ts`)
  return [code(label), means]
}
