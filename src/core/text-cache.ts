/** A bounded memory by text, in two halves: what the younger half has no room for pushes the older half out. */

interface Bounds {
  /** Texts in each half. */
  readonly texts: number
  /** Characters of texts in each half. */
  readonly characters: number
}

export class TextCache<V> {
  readonly #bounds: Bounds
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #characters = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** How many texts are held, at most twice the bound of one half. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** What was kept for this very text; a text that is still in use stays. */
  get(text: string): V | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const old = this.#old.get(text)
    if (old === undefined) return undefined
    this.#old.delete(text)
    this.set(text, old)
    return old
  }

  set(text: string, value: V): void {
    if (this.#young.size >= this.#bounds.texts || this.#characters + text.length > this.#bounds.characters) this.#age()
    this.#young.set(text, value)
    this.#characters += text.length
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#characters = 0
  }
}
