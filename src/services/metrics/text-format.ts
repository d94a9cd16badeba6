/** Prometheus' text format, version 0.0.4: written straight from the counts, for a scrape must not hold up requests. */

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** The names of the labels that its samples bear. */
  readonly labels: readonly string[]
}

/** A family and its samples, each written by `writeSample`. */
export const writeFamily = ({ name, help, type }: Family, samples: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}\n`

/** One line; `labels` as from `writeLabels`, or empty. */
export const writeSample = (name: string, labels: string, value: number): string =>
  labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`

export const writeLabels = (labels: Readonly<Record<string, string | number>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    .join(',')

const escapeLabel = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')

/** Buckets are cumulative: the last of them holds all, which is the count. */
export function writeBuckets(name: string, labels: string, buckets: Float64Array, upTo: readonly number[]) {
  let count = 0
  let samples = ''
  for (const [index, own] of buckets.entries()) {
    count += own
    samples += writeSample(`${name}_bucket`, `${labels}le="${upTo[index] ?? '+Inf'}"`, count)
  }
  return { samples, count }
}
