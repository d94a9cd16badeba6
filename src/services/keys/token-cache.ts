/** A bounded memory of tokens, in two halves: what the younger half has no room for pushes the older half out. */

interface Bounds {
  /** Tokens in each half. */
  readonly tokens: number
  /** Characters of tokens in each half. */
  readonly characters: number
}

export class TokenCache<V> {
  readonly #bounds: Bounds
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #characters = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** How many tokens are held, at most twice the bound of one half. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** What was kept for this very token; a token that is still in use stays. */
  get(token: string): V | undefined {
    const young = this.#young.get(token)
    if (young !== undefined) return young
    const old = this.#old.get(token)
    if (old === undefined) return undefined
    this.#old.delete(token)
    this.set(token, old)
    return old
  }

  set(token: string, value: V): void {
    if (this.#young.size >= this.#bounds.tokens || this.#characters + token.length > this.#bounds.characters)
      this.#age()
    this.#young.set(token, value)
    this.#characters += token.length
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#characters = 0
  }
}
