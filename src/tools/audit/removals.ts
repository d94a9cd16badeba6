/** What retention has removed: the log may begin late only where a signed record of it says so. */

import { type RecordPlace, Tampering, wrongRecord } from './report.ts'

interface Removal {
  readonly place: RecordPlace
  readonly seq: number
  readonly through: number
  readonly root: string
  readonly last: number
}

export class Removals {
  readonly #found: Removal[] = []
  /** The root of the log before each of its segments that are there. */
  readonly #roots = new Map<number, string>()

  /** The log as it was before a segment. */
  begin(size: number, root: string): void {
    this.#roots.set(size, root)
  }

  /** Takes an `audit.removed` record. */
  take(record: Readonly<Record<string, unknown>>, place: RecordPlace): void {
    const { seq, through, root, segments } = record
    const last = Array.isArray(segments) ? segments[1] : undefined
    if (typeof seq !== 'number' || typeof through !== 'number' || typeof root !== 'string' || typeof last !== 'number')
      throw wrongRecord(place, 'is no record of a removal: it does not say what was removed')
    this.#found.push({ place, seq, through, root, last })
  }

  /** Holds what was recorded against what is there; `signed` is the size that heads cover. */
  check(first: { readonly number: number; readonly start: number; readonly file: string }, signed: number): void {
    for (const { through, root, place } of this.#found)
      if (this.#roots.has(through) && this.#roots.get(through) !== root)
        throw wrongRecord(place, `says that the log had another root at ${through} than it had`)
    if (first.number === 1) return
    const covering = this.#found.filter(({ last, through }) => last >= first.number - 1 && this.#roots.has(through))
    const range = first.number === 2 ? 'segment 1 is' : `segments 1–${first.number - 1} are`
    if (covering.length === 0)
      throw new Tampering(
        { file: first.file, record: first.start },
        `${range} missing, and no record of a removal says why`,
      )
    const [one] = covering
    if (one !== undefined && !covering.some(({ seq }) => seq <= signed))
      throw wrongRecord(
        one.place,
        'says that segments were removed, and no head covers it: none is removed before one does',
      )
  }
}
