/** What the verifier says of a log. */

/** Where something was found to be wrong. */
export interface Place {
  readonly file: string
  readonly line?: number
  /** Its number in the log. */
  readonly record?: number
}

/** Where a record stands. */
export interface RecordPlace extends Place {
  readonly line: number
  readonly record: number
}

/** The log is not what was written: where, and what is wrong there. */
export class Tampering extends Error {
  override readonly name = 'Tampering'
  readonly place: Place

  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}

/** A record that is not what was written; `what` is said of it. */
export const wrongRecord = (place: Pick<RecordPlace, 'file' | 'record'>, what: string): Tampering =>
  new Tampering(place, `record ${place.record} ${what}`)

/** The log cannot be read. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** `unproven`: whole as far as can be seen, but nothing from elsewhere says where it ends. */
export type Verdict = 'whole' | 'tampered' | 'unreadable' | 'unproven'

export interface LogReport {
  readonly log: string
  readonly path: string
  readonly verdict: Verdict
  /** The first thing that is wrong, or what is missing for a proof. */
  readonly reason?: string
  readonly place?: Place
  /** How many records are there, and the numbers of the first and the last. */
  readonly records: number
  readonly first?: number
  readonly last?: number
  /** The times of the first and the last record. */
  readonly from?: string
  readonly to?: string
  /** Signed heads that hold: of the log's own folder, from elsewhere, and those about records that were removed since. */
  readonly heads: { readonly own: number; readonly given: number; readonly beforeStart: number }
  /** The keys that signed those heads, as verifier keys. */
  readonly keys: readonly string[]
  /** What is out of the ordinary and breaks nothing. */
  readonly notes: readonly string[]
}

const statuses: Readonly<Record<Verdict, number>> = { whole: 0, tampered: 1, unreadable: 2, unproven: 3 }
const worstFirst: readonly Verdict[] = ['tampered', 'unreadable', 'unproven']

/** The exit status over all logs: the worst counts. */
export function statusOf(reports: readonly LogReport[]): number {
  const worst = worstFirst.find((verdict) => reports.some((report) => report.verdict === verdict))
  return statuses[worst ?? 'whole']
}

/** `1018`, or `1018–1020`. */
export const rangeOf = (first: number, last: number): string => (first === last ? `${first}` : `${first}–${last}`)
