/** One exposition of a whole node, from those of its processes: sums, and where they mean nothing, what says more. */

interface Family {
  /** The lines on it. */
  readonly about: string[]
  /** By name and labels, in the order in which they were met. */
  readonly samples: Map<string, number>
  type: string
}

type Fold = (one: number, other: number) => number

/** Histograms that nothing was recorded in tell no number. */
const known =
  (fold: Fold): Fold =>
  (one, other) =>
    Number.isNaN(one) ? other : Number.isNaN(other) ? one : fold(one, other)

const sum = known((one, other) => one + other)
const min = known(Math.min)
const max = known(Math.max)
/** Of what the primary alone counts. */
const first: Fold = (one) => one

/** Families that are not added up; all others are. */
const folds: Readonly<Record<string, Fold>> = {
  portcullis_policy_reloads_total: first,
  portcullis_policy_info: max,
  portcullis_policy_loaded_timestamp_seconds: max,
  portcullis_state_up: min,
  portcullis_revocations_held: max,
  portcullis_revocations_pending: max,
  portcullis_event_loop_delay_seconds: max,
  portcullis_tls_certificate_expiry_timestamp_seconds: min,
  process_start_time_seconds: min,
  process_max_fds: min,
  nodejs_version_info: max,
  nodejs_eventloop_lag_min_seconds: min,
}

const foldOf = (name: string): Fold => folds[name] ?? (name.startsWith('nodejs_eventloop_lag_') ? max : sum)

/** What many processes counted, each in the text format of Prometheus; the primary's comes first. */
export class SummedMetrics {
  readonly #families = new Map<string, Family>()

  /** Adds what a process counted; without gauges where it is gone, since of them nothing is left. */
  add(text: string, isGone = false): this {
    let [family, name] = [this.#family(''), '']
    for (const line of text.split('\n')) {
      if (line === '') continue
      if (!line.startsWith('#')) {
        if (!isGone || family.type !== 'gauge') addSample(family, line, foldOf(name))
        continue
      }
      name = line.split(' ', 3)[2] ?? ''
      family = this.#family(name)
      if (line.startsWith('# TYPE ')) family.type = line.slice(line.lastIndexOf(' ') + 1)
      if (!family.about.includes(line)) family.about.push(line)
    }
    return this
  }

  write(): string {
    return Array.from(this.#families.values(), writeFamily).join('')
  }

  #family(name: string): Family {
    const family = this.#families.get(name) ?? { about: [], samples: new Map<string, number>(), type: '' }
    this.#families.set(name, family)
    return family
  }
}

const infinite: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity }
const readNumber = (text: string): number => infinite[text] ?? Number(text)
const writeNumber = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)

function addSample({ samples }: Family, line: string, fold: Fold): void {
  const end = line.lastIndexOf(' ')
  const [sample, value] = [line.slice(0, end), readNumber(line.slice(end + 1))]
  const before = samples.get(sample)
  samples.set(sample, before === undefined ? value : fold(before, value))
}

function writeFamily({ about, samples }: Family): string {
  if (about.length === 0) return ''
  return `${about.join('\n')}\n${Array.from(samples, ([sample, value]) => `${sample} ${writeNumber(value)}\n`).join('')}\n`
}
