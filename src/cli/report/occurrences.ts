/** Tells apart what is alike: the first, the second, … of the same text. */

export class Occurrences {
  readonly #seen = new Map<string, number>()

  /** How often the text came up, this time included. */
  count(text: string): number {
    const count = (this.#seen.get(text) ?? 0) + 1
    this.#seen.set(text, count)
    return count
  }
}
