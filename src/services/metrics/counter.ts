/** A count that only grows, one for each set of labels that it has met. */

import { writeLabels, writeSample } from './text-format.ts'

export class Counter<Label extends string> {
  readonly #counts = new Map<string, number>()

  /** What is known beforehand is written from the start, as 0: so that its first increase shows. */
  constructor(known: readonly Readonly<Record<Label, string>>[] = []) {
    for (const labels of known) this.add(labels, 0)
  }

  add(labels: Readonly<Record<Label, string>>, count = 1): void {
    const written = writeLabels(labels)
    this.#counts.set(written, (this.#counts.get(written) ?? 0) + count)
  }

  /** How much was counted under these labels. */
  of(labels: Readonly<Record<Label, string>>): number {
    return this.#counts.get(writeLabels(labels)) ?? 0
  }

  /** One sample for each set of labels, in the text format of Prometheus. */
  write(name: string): string {
    return Array.from(this.#counts, ([labels, count]) => writeSample(name, labels, count)).join('')
  }
}
